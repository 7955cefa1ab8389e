import { make, part } from './elements.ts';

type Choice = 'light' | 'dark' | 'system';

const choices: readonly Choice[] = ['system', 'light', 'dark'];
const key = 'jtfa-theme';
const system = matchMedia('(prefers-color-scheme: dark)');
const colours = new Map<string, string>();

let choice = choices.find(known => known === localStorage.getItem(key)) ?? 'system';

/** A colour of theme.css as it is now, for what is drawn on a canvas. */
export function colour(name: string): string {
  let value = colours.get(name);
  if (value === undefined) colours.set(name, (value = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()));
  return value;
}

/** Light and dark: as the system has it until the user chooses. */
export function startTheme(changed: () => void): void {
  const button = part('theme');
  const apply = () => {
    document.documentElement.dataset['theme'] = choice === 'system' ? (system.matches ? 'dark' : 'light') : choice;
    const seen = make('span', '', choice === 'system' ? '◐' : choice === 'light' ? '○' : '●', make('span', 'wide', choice === 'system' ? ' auto' : ` ${choice}`));
    seen.setAttribute('aria-hidden', 'true');
    button.replaceChildren(seen, make('span', 'unseen', `Colours: ${choice === 'system' ? 'as the system' : choice}`));
    colours.clear();
    changed();
  };
  button.addEventListener('click', () => {
    choice = choices[(choices.indexOf(choice) + 1) % choices.length] ?? 'system';
    localStorage.setItem(key, choice);
    apply();
  });
  system.addEventListener('change', apply);
  apply();
}
