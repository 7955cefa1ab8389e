import { part } from './elements.ts';

const key = 'jtfa-token';

// Orleans' dashboard is a separate page, which does not send this page's header; the cookie is sent to it only.
const cookie = (value: string, seconds: number) => {
  const secure = location.protocol === 'https:' ? '; Secure' : '';
  document.cookie = `jtfa_token=${encodeURIComponent(value)}; Path=/orleans; Max-Age=${seconds}; SameSite=Strict${secure}`;
};

/** Asks the silo, with the token where this browser has one for it. */
export function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const token = localStorage.getItem(key);
  const headers = new Headers(init.headers);
  if (token !== null) headers.set('Authorization', `Bearer ${token}`);
  return fetch(path, { ...init, headers });
}

/** Asks for the token of a silo that listens beyond its own machine. */
export function startTokenForm(retry: () => void): { refused: () => void } {
  const form = part<HTMLFormElement>('token');
  const input = part<HTMLInputElement>('token-text');
  const fault = part('token-fault');
  const wrong = 'The silo does not know this token.';
  form.addEventListener('submit', event => {
    event.preventDefault();
    const token = input.value.trim();
    // A header cannot hold other characters.
    const isOne = /^[\x20-\x7e]+$/.test(token);
    fault.textContent = isOne ? '' : wrong;
    if (!isOne) return;
    localStorage.setItem(key, token);
    cookie(token, 31536000);
    retry();
  });
  return {
    refused: () => {
      if (localStorage.getItem(key) !== null) fault.textContent = wrong;
      localStorage.removeItem(key);
      cookie('', 0);
      form.hidden = false;
      input.select();
      input.focus();
    },
  };
}
