// One cell of a file map: where it is, whose it is, what is wrong, and some of its bytes.

const KINDS = ['intact', 'fragment', 'extra', 'hole', 'foreign', 'short'];
const KIND_TEXT = {
  intact: 'whole records',
  fragment: 'pieces of torn records',
  extra: 'extra copies',
  hole: 'hole (NUL bytes)',
  foreign: 'bytes of no record',
  short: 'pieces too short to tell whose',
};

/** A cell out of the columns of its file. */
function cellOf(file, index) {
  const offset = index * file.cell_bytes;
  const damage = KINDS.slice(1).filter((kind) => file[kind][index] > 0);
  return {
    file, index, offset, damage,
    bytes: Math.min(file.cell_bytes, file.bytes - offset),
    damaged: sum(damage.map((kind) => file[kind][index])),
    owners: file.owners[index],
    writers: file.writers[index],
    look: file.looks[index],
  };
}

const extent = (cell) => (cell.bytes
  ? `bytes ${count(cell.offset)} to ${count(cell.offset + cell.bytes - 1)}` : 'no bytes');

function cellLabel(cell) {
  const owners = cell.owners.map(([writer, bytes]) => `writer ${writer} ${share(bytes, cell.bytes)}`).join(', ');
  const damage = cell.damage.map((kind) => `${count(cell.file[kind][cell.index])} bytes ${KIND_TEXT[kind]}`);
  const harm = damage.length ? `damaged: ${damage.join(', ')}` : 'undamaged';
  return `${extent(cell)}: ${owners || 'no writer'}; ${harm}`;
}

function cellDetail(cell, kept) {
  const { file, index } = cell;
  const begin = file.records[index] === 1 ? 'begins' : 'begin';
  const owners = cell.owners.map(([writer, bytes]) => el('li', {}, swatch(colour(writer)),
    ` writer ${writer}: ${count(bytes)} bytes, ${share(bytes, cell.bytes)}`));
  const more = cell.writers - cell.owners.length;
  const harm = cell.damage.map((kind) => el('li', {}, hatched('var(--card)'),
    ` damaged: ${count(file[kind][index])} bytes of ${KIND_TEXT[kind]}`));
  return el('div', { 'data-cell-detail': index },
    el('h4', {}, `${file.name}, ${extent(cell)}`),
    el('p', { class: 'hint' },
      `cell ${index + 1} of ${file.intact.length}; ${plural(file.records[index], 'whole record')} ${begin} here; `,
      recordsIn(file.first[index], file.last[index]), kept ? null : ' (click to keep it)'),
    shareBar(cell),
    el('ul', { class: 'plain' }, owners,
      more > 0 ? el('li', {}, `and ${plural(more, 'other writer')}`) : null, harm),
    cell.look ? bytesOf(cell.look) : null);
}

function recordsIn(first, last) {
  const named = ([writer, seq]) => `record ${count(seq)} of writer ${writer}`;
  if (!first) return 'no record';
  return first.join() === last.join() ? named(first) : `from ${named(first)} to ${named(last)}`;
}

function shareBar(cell) {
  const bar = svg('svg', {
    class: 'share', viewBox: '0 0 100 1', preserveAspectRatio: 'none', width: '100%', height: 10, 'aria-hidden': 'true',
  }, svg('rect', { width: 100, height: 1, fill: 'var(--soft)' }));
  let at = 0;
  for (const [writer, bytes] of cell.owners) {
    const wide = (100 * bytes) / cell.bytes;
    bar.append(svg('rect', { x: at, width: wide, height: 1, fill: colour(writer) }));
    at += wide;
  }
  return bar;
}

/** Printable text as it is; other bytes by name. */
function printable(text) {
  const hex = (one) => `\\x${one.charCodeAt(0).toString(16).padStart(2, '0')}`;
  return text.replace(/[^\n\0\x20-\x7e]/g, hex).replace(/\n/g, '⏎\n').replace(/\0+/g, (run) => `\\0*${run.length}`);
}

/** Some bytes of a file, cut where their owner changes. */
function bytesOf(look) {
  const pre = el('pre', { class: 'bytes', tabindex: 0, 'aria-label': `bytes from ${count(look.offset)} on` });
  const list = el('ol', { class: 'plain' });
  let at = 0;
  for (const piece of look.pieces) {
    const [size, kind, writer] = piece;
    const title = pieceText(piece);
    const fillWith = writer < 0 ? 'var(--soft)' : colour(writer);
    const span = el('span', { title, class: kind ? 'damaged' : null }, printable(look.text.slice(at, at + size)));
    span.style.borderColor = fillWith;
    if (at) pre.append(el('span', { class: 'cut', 'aria-hidden': 'true' }, '|'));
    pre.append(span);
    list.append(el('li', {}, swatch(fillWith), ` ${title}`));
    at += size;
  }
  const from = `${plural(look.text.length, 'byte')} from ${count(look.offset)} on, cut where their owner changes:`;
  return el('div', {}, el('p', { class: 'hint' }, from), pre, list);
}

function pieceText([size, kind, writer, seq, start]) {
  if (writer < 0) return `${KIND_TEXT[KINDS[kind]]}: ${plural(size, 'byte')}`;
  const where = start > 0 ? ` from its byte ${count(start)} on` : '';
  const harm = kind ? `, ${KIND_TEXT[KINDS[kind]]}` : '';
  return `writer ${writer}, record ${count(seq)}${where}: ${plural(size, 'byte')}${harm}`;
}
