// A small way to write elements.

/**
 * `h('button', { class: 'x', data: { button: 'mute' }, on: { click } }, 'Mute')`.
 * Texts become text nodes: nothing that came over the wire is ever read as HTML.
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (key === 'class') element.className = value;
    else if (key === 'data') Object.assign(element.dataset, value);
    else if (key === 'on') for (const [name, fn] of Object.entries(value)) element.addEventListener(name, fn);
    else if (key in element && typeof value !== 'string') element[key] = value;
    else element.setAttribute(key, value === true ? '' : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/**
 * Makes `children` the children of `parent`, and leaves alone who is one already: a button that is taken out
 * and put back between a mouse's down and up is not clicked.
 */
export function place(parent, children) {
  for (const child of [...parent.childNodes]) if (!children.includes(child)) child.remove();
  children.forEach((child, at) => {
    if (parent.childNodes[at] !== child) parent.insertBefore(child, parent.childNodes[at] ?? null);
  });
}

/** The letters in a person's round picture. */
export function initials(name) {
  const words = String(name).replace(/[^\p{L}\s]/gu, ' ').trim().split(/\s+/).filter(Boolean);
  return words.length ? words.slice(0, 2).map((word) => word[0].toUpperCase()).join('') : '?';
}
