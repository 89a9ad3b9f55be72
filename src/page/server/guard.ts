/**
 * Who may ask: whoever knows the token, under a name of this machine, from no page but the server's own. A page
 * elsewhere can make a browser ask; it can neither know the token nor name another host than it comes from.
 */
import { timingSafeEqual } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';

export interface GuardOptions {
  token: string;
  /** Its name. It differs from that of other servers on this machine: cookies do not know ports. */
  cookie: () => string;
  contentPolicy: string;
}

const hosts = ['127.0.0.1', 'localhost', '[::1]'];

export const guard =
  ({ token, cookie, contentPolicy }: GuardOptions): MiddlewareHandler =>
  async (context, next) => {
    const { req } = context;
    context.header('Content-Security-Policy', contentPolicy);
    context.header('X-Content-Type-Options', 'nosniff');
    context.header('X-Frame-Options', 'DENY');
    context.header('Referrer-Policy', 'no-referrer');
    context.header('Cross-Origin-Opener-Policy', 'same-origin');
    context.header('Cross-Origin-Resource-Policy', 'same-origin');
    context.header('Cache-Control', 'no-store');
    const host = req.header('host') ?? '';
    if (!hosts.includes(host.replace(/:\d+$/, '')))
      return context.text('This host is not served here.\n', 403);
    const origin = req.header('origin');
    if (origin !== undefined && origin !== `http://${host}`)
      return context.text('Other pages may not ask here.\n', 403);
    if (req.method !== 'GET') return context.text('Nothing can be changed here.\n', 405, { Allow: 'GET' });
    const given = req.query('token');
    if (!isSame(given ?? getCookie(context, cookie()), token))
      return context.text('Open the address that nodrop has printed: it holds a token.\n', 403);
    if (given !== undefined)
      setCookie(context, cookie(), token, { path: '/', httpOnly: true, sameSite: 'Strict' });
    return await next();
  };

function isSame(given: string | undefined, token: string): boolean {
  const [one, other] = [Buffer.from(given ?? ''), Buffer.from(token)];
  return one.length === other.length && timingSafeEqual(one, other);
}
