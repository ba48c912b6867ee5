// What all parts share: elements, numbers as text, colours. Text from files only ever becomes text nodes.

const SVG = 'http://www.w3.org/2000/svg';
const COLOURS = 8;

/** An HTML element; attributes that are null or false are left out, children may be text. */
function el(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

/** The same in SVG. */
function svg(name, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

function fill(node, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) node.setAttribute(key, value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== false));
  return node;
}

const count = (value) => value.toLocaleString('en');
const plural = (value, word) => `${count(value)} ${word}${value === 1 ? '' : 's'}`;

const sum = (values) => values.reduce((total, value) => total + value, 0);

/** Microseconds in the unit that fits. */
function duration(us) {
  const [unit, size] = us >= 1e6 ? ['s', 1e6] : us >= 1e3 ? ['ms', 1e3] : ['µs', 1];
  return `${Number((us / size).toPrecision(us === 0 ? 1 : 4))} ${unit}`;
}

function share(part, whole) {
  const value = whole ? (100 * part) / whole : 0;
  return value > 0 && value < 0.1 ? '< 0.1 %' : `${value.toFixed(value < 10 && value % 1 ? 1 : 0)} %`;
}

/** Colours of Okabe and Ito; they repeat every eight writers. */
const colour = (writer) => `var(--w${writer % COLOURS})`;

function swatch(fillWith, ...over) {
  return svg('svg', { class: 'swatch', viewBox: '0 0 13 13', 'aria-hidden': 'true' },
    svg('rect', { width: 13, height: 13, rx: 2, fill: fillWith }), ...over);
}

const hatched = (fillWith) => swatch(fillWith, svg('rect', { width: 13, height: 13, fill: 'url(#hatch)' }));

/** Patterns that mark damage whatever the colour below: dark and light lines, so that one of them always shows. */
function patterns() {
  const pattern = (id, size, turn, ...marks) => svg('pattern', {
    id, width: size, height: size, patternUnits: 'userSpaceOnUse', patternTransform: `rotate(${turn})` }, ...marks);
  return svg('svg', { width: 0, height: 0, 'aria-hidden': 'true', class: 'patterns' },
    svg('defs', {},
      pattern('hatch', 6, 45,
        svg('rect', { width: 2, height: 6, fill: '#000' }),
        svg('rect', { x: 2, width: 1.2, height: 6, fill: '#fff' })),
      pattern('dots', 5, 0, svg('rect', { width: 5, height: 5, fill: '#fff' }),
        svg('circle', { cx: 2.5, cy: 2.5, r: 1.2, fill: '#000' })),
      pattern('cross', 6, 0, svg('rect', { width: 6, height: 6, fill: '#fff' }),
        svg('path', { d: 'M0 0L6 6M6 0L0 6', stroke: '#000', 'stroke-width': 1.4 }))));
}

/** A legend of the first writers, and how colours go on. */
function writerLegend(writers) {
  const shown = writers.slice(0, COLOURS);
  const repeated = `… ${writers.length} writers: colours repeat every ${COLOURS} (0, 8, 16 … share one); `
    + 'each part names its writer';
  const rest = writers.length > COLOURS ? el('span', {}, repeated) : null;
  return el('div', { class: 'legend' },
    shown.map((writer) => el('span', {}, swatch(colour(writer)), `writer ${writer}`)), rest);
}

/** A table in a frame that scrolls where it is too wide. */
const framed = (caption, ...rest) => el('div',
  { class: 'wide', tabindex: 0, role: 'region', 'aria-label': caption }, table(caption, ...rest));

/** A table; the first cell of a row heads it. `kinds` are classes of columns. */
function table(caption, heads, rows, kinds = []) {
  const cells = (name, row) => row.map((cell, index) => el(index || name === 'th' ? name : 'th',
    { class: kinds[index] || null, scope: name === 'th' ? 'col' : index ? null : 'row' }, cell));
  return el('table', { 'aria-label': caption },
    el('thead', {}, el('tr', {}, cells('th', heads))),
    el('tbody', {}, rows.map((row) => el('tr', {}, cells('td', row)))));
}

/** Round numbers that divide a stretch into about so many parts. */
function ticks(low, high, parts) {
  const raw = (high - low) / parts || 1;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= raw);
  const found = [];
  for (let at = Math.ceil(low / step) * step; at <= high + step * 1e-9; at += step) found.push(at);
  return found;
}
