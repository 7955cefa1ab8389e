import { part } from './elements.ts';

/** Asks for the token of a silo that listens beyond its own machine; the browser then sends it with every request. */
export function startTokenForm(retry: () => void): { refused: () => void } {
  const form = part<HTMLFormElement>('token');
  const input = part<HTMLInputElement>('token-text');
  const fault = part('token-fault');
  let isTried = document.cookie.includes('jtfa_token=');
  form.addEventListener('submit', event => {
    event.preventDefault();
    const secure = location.protocol === 'https:' ? '; Secure' : '';
    document.cookie = `jtfa_token=${encodeURIComponent(input.value)}; path=/; max-age=31536000; SameSite=Strict${secure}`;
    isTried = true;
    fault.textContent = '';
    retry();
  });
  return {
    refused: () => {
      fault.textContent = isTried ? 'The silo does not know this token.' : '';
      form.hidden = false;
      input.select();
      input.focus();
    },
  };
}
