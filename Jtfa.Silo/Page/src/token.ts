import { part } from './elements.ts';

// Behind a proxy several silos may have one origin, each a folder of its own.
const folder = new URL('.', document.baseURI).pathname;
const key = folder === '/' ? 'jtfa-token' : `jtfa-token ${folder}`;

/** Whether this browser has a token for the silo. */
export function hasToken(): boolean {
  return localStorage.getItem(key) !== null;
}

/**
 * Asks the silo, with the token where this browser has one for it. The path is relative, without a slash at its beginning: the page may be
 * served under any path.
 */
export function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const token = localStorage.getItem(key);
  const headers = new Headers(init.headers);
  // No other site's page can send a header of its own; see SameOrigin.cs.
  headers.set('X-Jtfa-Page', '1');
  if (token !== null) headers.set('Authorization', `Bearer ${token}`);
  return fetch(path, { ...init, headers });
}

// Orleans' dashboard is a separate page, which does not send this page's header. The silo sets a cookie for it that no script can read, and
// takes it back with the answer to a token that it does not know.
function askForCookie() {
  if (localStorage.getItem(key) === null) return;
  // Without an answer there is no cookie: the dashboard says that it wants the token, and the page asks again when it is opened.
  ask('orleans/token', { method: 'POST' }).catch((fault: unknown) => console.warn('Orleans\u2019 dashboard gets no cookie:', fault));
}

/** Asks for the token of a silo that listens beyond its own machine. */
export function startTokenForm(retry: () => void): { refused: () => void } {
  const form = part<HTMLFormElement>('token');
  const input = part<HTMLInputElement>('token-text');
  const fault = part('token-fault');
  const wrong = 'The silo does not know this token.';
  askForCookie();
  form.addEventListener('submit', event => {
    event.preventDefault();
    const token = input.value.trim();
    // A header cannot hold other characters.
    const isOne = /^[\x20-\x7e]+$/.test(token);
    fault.textContent = isOne ? '' : wrong;
    if (!isOne) return;
    localStorage.setItem(key, token);
    askForCookie();
    retry();
  });
  return {
    refused: () => {
      if (localStorage.getItem(key) !== null) fault.textContent = wrong;
      localStorage.removeItem(key);
      form.hidden = false;
      input.select();
      input.focus();
    },
  };
}
