import { part } from './elements.ts';
import { ask, hasToken } from './token.ts';

/** Links to the silo's other pages. A link shows no token, so where one is needed the page asks, and shows the answer. */
export function startLinks(): void {
  for (const link of part('links').querySelectorAll('a')) {
    const path = link.getAttribute('href') ?? '';
    if (path !== 'metrics' && !path.startsWith('openapi/')) continue;
    link.addEventListener('click', event => {
      if (!hasToken()) return;
      event.preventDefault();
      // Opened within the click: one that is opened later is taken for an advertisement.
      const opened = window.open('', '_blank');
      void show(path, opened);
    });
  }
}

async function show(path: string, opened: Window | null): Promise<void> {
  try {
    const response = await ask(path);
    const text = new Blob([await response.text()], { type: 'text/plain;charset=utf-8' });
    if (opened !== null) opened.location.href = URL.createObjectURL(text);
  } catch {
    opened?.close();
  }
}
