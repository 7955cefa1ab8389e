/** The element of the page with an id. */
export function part<T extends HTMLElement = HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`The page has no #${id}.`);
  return element as T;
}

/** Makes an element: its class, and what is in it. */
export function make<K extends keyof HTMLElementTagNameMap>(tag: K, className = '', ...content: (Node | string)[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (className !== '') element.className = className;
  element.append(...content);
  return element;
}

/** A text that is written only when it changed, so that ten updates a second cause no needless layout. */
export class Text {
  readonly node = document.createTextNode('');
  private shown = '';

  set(text: string): void {
    if (text === this.shown) return;
    this.shown = text;
    this.node.data = text;
  }
}

/** Sets a class or an attribute only where it changed. */
export function setClass(element: Element, className: string): void {
  if (element.className !== className) element.className = className;
}

export function setAttribute(element: Element, name: string, value: string | null): void {
  if (value === null) {
    if (element.hasAttribute(name)) element.removeAttribute(name);
  } else if (element.getAttribute(name) !== value) {
    element.setAttribute(name, value);
  }
}
