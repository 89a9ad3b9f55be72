declare module 'pgpass' {
  interface SearchedSession {
    host: string;
    port: number;
    database: string;
    user: string;
  }

  export default function fromPasswordFile(
    session: SearchedSession,
    onPassword: (password: string | undefined) => void,
  ): void;
}
