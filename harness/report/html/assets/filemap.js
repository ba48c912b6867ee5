// The file map: each cell a stretch of a file, striped by its writers, damage hatched; one cell in detail.

const CELL = { width: 17, height: 21, gap: 1 };
const KINDS = ['intact', 'fragment', 'extra', 'hole', 'foreign', 'short'];
const KIND_TEXT = {
  intact: 'whole records', fragment: 'pieces of torn records', extra: 'extra copies', hole: 'hole (NUL bytes)',
  foreign: 'bytes of no record', short: 'pieces too short to tell whose',
};
const MOST_ROWS = 200;

function cellOf(file, index) {
  const offset = index * file.cell_bytes;
  const bytes = Math.min(file.cell_bytes, file.bytes - offset);
  const damage = KINDS.slice(1).filter((kind) => file[kind][index] > 0);
  const damaged = damage.reduce((sum, kind) => sum + file[kind][index], 0);
  return { file, index, offset, bytes, damage, damaged, owners: file.owners[index], writers: file.writers[index],
    look: file.looks[index] };
}

const record = (pair) => `record ${count(pair[1])} of writer ${pair[0]}`;

function cellLabel(cell) {
  const owners = cell.owners.map(([writer, bytes]) => `writer ${writer} ${share(bytes, cell.bytes)}`).join(', ');
  const damage = cell.damage.map((kind) => `${count(cell.file[kind][cell.index])} bytes ${KIND_TEXT[kind]}`).join(', ');
  return `bytes ${count(cell.offset)} to ${count(cell.offset + cell.bytes - 1)}: ${owners || 'no writer'}; `
    + (damage ? `damaged: ${damage}` : 'undamaged');
}

/** The map of all files of a view, and the panel that it fills. */
function fileMap(view) {
  const detail = el('div', { class: 'detail', 'aria-live': 'polite' });
  const maps = view.files.map((file) => oneMap(file, (cell, pinned) => detail.replaceChildren(cellDetail(cell, pinned))));
  const start = maps.find((map) => map.firstDamaged >= 0) || maps[0];
  if (start) start.choose(Math.max(start.firstDamaged, 0));
  else detail.append('The trial left no file to map.');
  const legend = el('div', { class: 'legend' },
    el('span', {}, swatch('var(--w0)', svg('rect', { width: 13, height: 13, fill: 'url(#hatch)' })), 'damaged share of the cell'),
    el('span', {}, swatch('url(#dots)'), 'hole'), el('span', {}, swatch('url(#cross)'), 'of no record'),
    el('span', { class: 'screen' }, 'Arrow keys move, Home and End jump, D and Shift+D go to the next and previous damage, Enter keeps a cell.'));
  return el('div', { class: 'panel' },
    el('h3', {}, 'File map'),
    el('p', { class: 'hint' }, `${view.why[0].toUpperCase()}${view.why.slice(1)}: trial ${view.trial}. Each cell is a stretch of the file, its stripes the writers whose bytes stand there.`),
    writerLegend(view.progress.writers.map((one) => one.writer)), legend,
    el('div', { class: 'split' }, el('div', {}, maps.map((map) => map.node)), detail),
    damageTable(view));
}

function oneMap(file, show) {
  const cells = file.intact.map((_, index) => cellOf(file, index));
  const columns = Math.min(Math.max(Math.ceil(Math.sqrt(cells.length * 2.2)), Math.min(cells.length, 40)), 44);
  const rows = Math.ceil(cells.length / columns);
  const width = Math.max(columns, 40) * CELL.width;
  const damaged = cells.filter((cell) => cell.damaged);
  const root = svg('svg', { class: 'map', viewBox: `-2 -2 ${width + 4} ${rows * CELL.height + 4}`, role: 'grid',
    'aria-label': `map of ${file.name}, ${count(file.bytes)} bytes in ${cells.length} cells of ${count(file.cell_bytes)} bytes; ${damaged.length} of them damaged`,
    'aria-rowcount': rows, 'aria-colcount': columns });
  const place = (index) => [(index % columns) * CELL.width, Math.floor(index / columns) * CELL.height];
  const nodes = [];
  for (let row = 0; row < rows; row += 1) {
    const line = svg('g', { role: 'row' });
    for (const cell of cells.slice(row * columns, (row + 1) * columns)) {
      const node = drawCell(cell, ...place(cell.index));
      nodes.push(node);
      line.append(node);
    }
    root.append(line);
  }
  const size = { width: CELL.width - CELL.gap, height: CELL.height - CELL.gap };
  const cursor = svg('g', {}, svg('rect', { class: 'cursor', ...size }), svg('rect', { class: 'cursor-in', ...size }));
  root.append(cursor);
  let chosen = 0;
  const mark = (index) => cursor.setAttribute('transform', `translate(${place(index).join(' ')})`);
  const choose = (index, focus = false) => {
    nodes[chosen].setAttribute('tabindex', -1);
    nodes[chosen].removeAttribute('aria-selected');
    chosen = Math.min(Math.max(index, 0), cells.length - 1);
    nodes[chosen].setAttribute('tabindex', 0);
    nodes[chosen].setAttribute('aria-selected', 'true');
    mark(chosen);
    show(cells[chosen], true);
    if (focus) nodes[chosen].focus({ preventScroll: false });
  };
  const indexOf = (event) => { const node = event.target.closest('[data-cell]'); return node ? Number(node.dataset.cell) : null; };
  root.addEventListener('pointermove', (event) => { const at = indexOf(event); if (at !== null) { mark(at); show(cells[at], at === chosen); } });
  root.addEventListener('pointerleave', () => { mark(chosen); show(cells[chosen], true); });
  root.addEventListener('click', (event) => { const at = indexOf(event); if (at !== null) choose(at, true); });
  root.addEventListener('keydown', (event) => {
    const to = target(event, chosen, columns, cells);
    if (to !== null) { event.preventDefault(); choose(to, true); }
  });
  const summary = `${count(file.bytes)} bytes in ${plural(cells.length, 'cell')} of ${count(file.cell_bytes)}; ${damaged.length ? `${count(damaged.length)} damaged` : 'none damaged'}`;
  const node = el('figure', {}, el('figcaption', { class: 'hint' }, el('b', {}, file.name), ` ${summary}`), root);
  return { node, choose, firstDamaged: damaged.length ? damaged[0].index : -1 };
}

/** Where a key leads from a cell, or null. */
function target(event, from, columns, cells) {
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns, Home: -from, End: cells.length };
  if (event.key in steps) return from + steps[event.key];
  if (event.key === 'Enter' || event.key === ' ') return from;
  if (event.key.toLowerCase() !== 'd') return null;
  const order = event.shiftKey ? cells.slice(0, from).reverse() : cells.slice(from + 1);
  const next = order.find((cell) => cell.damaged);
  return next ? next.index : from;
}

function drawCell(cell, x, y) {
  const width = CELL.width - CELL.gap;
  const height = CELL.height - CELL.gap;
  const node = svg('g', { role: 'gridcell', 'data-cell': cell.index, tabindex: -1, 'aria-label': cellLabel(cell),
    transform: `translate(${x} ${y})` });
  node.append(svg('rect', { width, height, fill: 'var(--line)' }));
  let at = 0;
  const stripe = (bytes, fillWith) => {
    const wide = (width * bytes) / cell.bytes;
    if (wide > 0.3) node.append(svg('rect', { x: at.toFixed(2), width: wide.toFixed(2), height, fill: fillWith }));
    at += wide;
  };
  for (const [writer, bytes] of cell.owners) stripe(bytes, colour(writer));
  const named = cell.owners.reduce((sum, owner) => sum + owner[1], 0);
  const hole = cell.file.hole[cell.index];
  const foreign = cell.file.foreign[cell.index] + cell.file.short[cell.index];
  stripe(Math.max(cell.bytes - named - hole - foreign, 0), 'var(--soft)');
  stripe(hole, 'url(#dots)');
  stripe(foreign, 'url(#cross)');
  const torn = cell.damaged - hole - foreign;
  if (torn > 0) {
    const tall = Math.max(height * 0.3, (height * torn) / cell.bytes);
    node.append(svg('rect', { y: (height - tall).toFixed(2), width, height: tall.toFixed(2), fill: 'url(#hatch)' }));
  }
  if (cell.damaged) node.append(svg('rect', { x: 0.75, y: 0.75, width: width - 1.5, height: height - 1.5, fill: 'none', stroke: '#000', 'stroke-width': 1.5 }));
  return node;
}

/** One cell: where it is, whose it is, what is wrong, and some of its bytes. */
function cellDetail(cell, pinned) {
  const { file, index } = cell;
  const first = file.first[index];
  const last = file.last[index];
  const from = first ? (first.join() === last.join() ? record(first) : `from ${record(first)} to ${record(last)}`) : 'no record';
  const owners = cell.owners.map(([writer, bytes]) => el('li', {}, swatch(colour(writer)), ` writer ${writer}: ${count(bytes)} bytes, ${share(bytes, cell.bytes)}`));
  const more = cell.writers - cell.owners.length;
  return el('div', { 'data-cell-detail': index },
    el('h4', {}, `${file.name}, bytes ${count(cell.offset)} to ${count(cell.offset + cell.bytes - 1)}`),
    el('p', { class: 'hint' }, `cell ${index + 1} of ${file.intact.length}; ${plural(file.records[index], 'whole record')} ${file.records[index] === 1 ? 'begins' : 'begin'} here; ${from}`,
      pinned ? null : ' (click to keep it)'),
    shareBar(cell),
    el('ul', { class: 'plain' }, owners, more > 0 ? el('li', {}, `and ${plural(more, 'other writer')}`) : null,
      cell.damage.map((kind) => el('li', {}, swatch('var(--card)', svg('rect', { width: 13, height: 13, fill: 'url(#hatch)' })), ` damaged: ${count(file[kind][index])} bytes of ${KIND_TEXT[kind]}`))),
    cell.look ? bytesOf(cell.look) : null);
}

function shareBar(cell) {
  const bar = svg('svg', { class: 'share', viewBox: '0 0 100 1', preserveAspectRatio: 'none', width: '100%', height: 10, 'aria-hidden': 'true' },
    svg('rect', { width: 100, height: 1, fill: 'var(--soft)' }));
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
  return text.replace(/\n/g, '⏎\n').replace(/\0+/g, (run) => `␀*${run.length}`)
    .replace(/[^\n\x20-\x7e⏎␀]/g, (one) => `\\x${one.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

function bytesOf(look) {
  const pre = el('pre', { class: 'bytes', tabindex: 0, 'aria-label': `bytes from ${count(look.offset)} on` });
  const list = el('ol', { class: 'plain' });
  let at = 0;
  look.pieces.forEach(([size, kind, writer, seq, start], index) => {
    const damaged = kind !== 0;
    const who = writer < 0 ? KIND_TEXT[KINDS[kind]] : `writer ${writer}, record ${count(seq)}`;
    const where = start > 0 ? ` from its byte ${count(start)} on` : '';
    const title = `${who}${where}: ${plural(size, 'byte')}${damaged && writer >= 0 ? `, ${KIND_TEXT[KINDS[kind]]}` : ''}`;
    const span = el('span', { title, class: damaged ? 'damaged' : null }, printable(look.text.slice(at, at + size)));
    span.style.borderColor = writer < 0 ? 'var(--soft)' : colour(writer);
    if (index) pre.append(el('span', { class: 'cut', 'aria-hidden': 'true' }, '|'));
    pre.append(span);
    list.append(el('li', {}, swatch(writer < 0 ? 'var(--soft)' : colour(writer)), ` ${title}`));
    at += size;
  });
  return el('div', {}, el('p', { class: 'hint' }, `${plural(look.text.length, 'byte')} from ${count(look.offset)} on, cut where their owner changes:`), pre, list);
}

function damageTable(view) {
  const damaged = view.files.flatMap((file) => file.intact.map((_, index) => cellOf(file, index)).filter((cell) => cell.damaged));
  if (!damaged.length) return null;
  const note = damaged.length > MOST_ROWS ? ` (the first ${MOST_ROWS})` : '';
  return el('details', {}, el('summary', {}, `Damaged cells as a table${note}`),
    framed('damaged cells', ['first byte', 'bytes', 'damaged', 'what', 'writers'],
      damaged.slice(0, MOST_ROWS).map((cell) => [`${cell.file.name} ${count(cell.offset)}`, count(cell.bytes), count(cell.damaged),
        cell.damage.map((kind) => KIND_TEXT[kind]).join(', '), cell.owners.map((owner) => owner[0]).join(', ')]),
      ['', 'number', 'number']));
}
