/**
 * Lets a request through only if it knows the token, names this machine as its host, and comes from the server's own
 * page. Another site can make a browser send requests, but it cannot know the token nor hide its origin.
 */
import { timingSafeEqual } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';

export interface GuardOptions {
  token: string;
  /** The cookie's name. It differs for each server on this machine, since cookies ignore ports. */
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
      return context.text('This server does not serve this host.\n', 403);
    const origin = req.header('origin');
    if (origin !== undefined && origin !== `http://${host}`)
      return context.text('Requests from other pages are not allowed.\n', 403);
    if (req.method !== 'GET')
      return context.text('Only GET is allowed: the page changes nothing.\n', 405, { Allow: 'GET' });
    const given = req.query('token');
    if (!isSame(given ?? getCookie(context, cookie()), token))
      return context.text('Open the address that nodrop printed: it contains the token.\n', 403);
    if (given !== undefined)
      setCookie(context, cookie(), token, { path: '/', httpOnly: true, sameSite: 'Strict' });
    return await next();
  };

function isSame(given: string | undefined, token: string): boolean {
  const [one, other] = [Buffer.from(given ?? ''), Buffer.from(token)];
  return one.length === other.length && timingSafeEqual(one, other);
}
