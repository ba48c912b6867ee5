// The file map: each cell a stretch of a file, striped by its writers, damage hatched.

const CELL = { width: 17, height: 21, gap: 1 };
const COLUMNS = { least: 40, most: 44, ratio: 2.2 };
const LEAST_STRIPE = 0.3;
const LEAST_DAMAGE = 0.3;
const MOST_ROWS = 200;
const KEYS = 'Arrow keys move, Home and End jump, D and Shift+D go to the next and previous damage, '
  + 'Enter keeps a cell.';

/** The map of all files of a view, and the panel that it fills. */
function fileMap(view) {
  const detail = el('div', { class: 'detail', 'aria-live': 'polite' });
  const panel = {
    cursor: null,
    restore: () => {},
    show: (cell, kept) => detail.replaceChildren(cellDetail(cell, kept)),
  };
  const maps = view.files.map((file) => oneMap(file, panel));
  const start = maps.find((map) => map.firstDamaged >= 0) || maps[0];
  if (start) start.choose(Math.max(start.firstDamaged, 0));
  else detail.append('The trial left no file to map.');
  const why = `${view.why[0].toUpperCase()}${view.why.slice(1)}: trial ${view.trial}.`;
  return el('div', { class: 'panel' },
    el('h3', {}, 'File map'),
    el('p', { class: 'hint' },
      `${why} Each cell is a stretch of the file, its stripes the writers whose bytes stand there.`),
    writerLegend(view.progress.writers.map((one) => one.writer)),
    el('div', { class: 'legend' },
      el('span', {}, hatched('var(--w0)'), 'damaged share of the cell'),
      el('span', {}, swatch('url(#dots)'), 'hole'),
      el('span', {}, swatch('url(#cross)'), 'of no record'),
      el('span', { class: 'screen' }, KEYS)),
    el('div', { class: 'split' }, el('div', {}, maps.map((map) => map.node)), detail),
    damageTable(view));
}

/** One file's map. Of all maps one cell is kept: the panel goes back to it when the pointer leaves. */
function oneMap(file, panel) {
  const cells = file.intact.map((_, index) => cellOf(file, index));
  const damaged = cells.filter((cell) => cell.damaged);
  const wanted = Math.max(Math.ceil(Math.sqrt(cells.length * COLUMNS.ratio)), Math.min(cells.length, COLUMNS.least));
  const columns = Math.min(wanted, COLUMNS.most);
  const place = (index) => [(index % columns) * CELL.width, Math.floor(index / columns) * CELL.height];
  const nodes = cells.map((cell) => drawCell(cell, ...place(cell.index)));
  const size = { width: CELL.width - CELL.gap, height: CELL.height - CELL.gap };
  const cursor = svg('g', { visibility: 'hidden' },
    svg('rect', { class: 'cursor', ...size }), svg('rect', { class: 'cursor-in', ...size }));
  const root = mapFrame(file, damaged.length, columns, nodes);
  root.append(cursor);
  let chosen = 0;
  nodes[0].setAttribute('tabindex', 0);
  const point = (index, kept) => {
    cursor.setAttribute('visibility', 'visible');
    cursor.setAttribute('transform', `translate(${place(index).join(' ')})`);
    panel.show(cells[index], kept);
  };
  const hide = (other) => { if (other && other !== panel.cursor) other.setAttribute('visibility', 'hidden'); };
  const choose = (index, focus = false) => {
    nodes[chosen].setAttribute('tabindex', -1);
    nodes[chosen].removeAttribute('aria-selected');
    chosen = Math.min(Math.max(index, 0), cells.length - 1);
    nodes[chosen].setAttribute('tabindex', 0);
    nodes[chosen].setAttribute('aria-selected', 'true');
    const former = panel.cursor;
    panel.cursor = cursor;
    panel.restore = () => point(chosen, true);
    hide(former);
    panel.restore();
    if (focus) nodes[chosen].focus();
  };
  const onCell = (act) => (event) => {
    const node = event.target.closest('[data-cell]');
    if (node) act(Number(node.dataset.cell));
  };
  root.addEventListener('pointermove', onCell((index) => point(index, false)));
  root.addEventListener('pointerleave', () => { hide(cursor); panel.restore(); });
  root.addEventListener('click', onCell((index) => choose(index, true)));
  root.addEventListener('focusin', onCell((index) => choose(index)));
  root.addEventListener('keydown', (event) => {
    const to = cellByKey(event, chosen, columns, cells);
    if (to === null) return;
    event.preventDefault();
    choose(to, true);
  });
  const node = el('figure', {}, mapCaption(file, damaged.length), root);
  return { node, choose, firstDamaged: damaged.length ? damaged[0].index : -1 };
}

/** The grid with its cells in rows. */
function mapFrame(file, damaged, columns, nodes) {
  const rows = Math.ceil(nodes.length / columns);
  const width = Math.max(columns, COLUMNS.least) * CELL.width;
  const lines = Array.from({ length: rows }, (_, row) => svg('g', { role: 'row' },
    nodes.slice(row * columns, (row + 1) * columns)));
  const label = `map of ${file.name}, ${count(file.bytes)} bytes in ${nodes.length} cells of `
    + `${count(file.cell_bytes)} bytes; ${damaged} of them damaged`;
  return svg('svg', {
    class: 'map', viewBox: `-2 -2 ${width + 4} ${rows * CELL.height + 4}`, role: 'grid', 'aria-label': label,
    'aria-rowcount': rows, 'aria-colcount': columns,
  }, lines);
}

function mapCaption(file, damaged) {
  const cells = plural(file.intact.length, 'cell');
  const harm = damaged ? `${count(damaged)} damaged` : 'none damaged';
  return el('figcaption', { class: 'hint' }, el('b', {}, file.name),
    ` ${plural(file.bytes, 'byte')} in ${cells} of ${count(file.cell_bytes)}; ${harm}`);
}

/** Where a key leads from a cell, or null. */
function cellByKey(event, from, columns, cells) {
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  const steps = {
    ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns, Home: -from, End: cells.length,
    Enter: 0, ' ': 0,
  };
  if (event.key in steps) return from + steps[event.key];
  if (event.key.toLowerCase() !== 'd') return null;
  const order = event.shiftKey ? cells.slice(0, from).reverse() : cells.slice(from + 1);
  const next = order.find((cell) => cell.damaged);
  return next ? next.index : from;
}

function drawCell(cell, x, y) {
  const { file, index } = cell;
  const width = CELL.width - CELL.gap;
  const height = CELL.height - CELL.gap;
  const node = svg('g', {
    role: 'gridcell', 'data-cell': index, tabindex: -1, 'aria-label': cellLabel(cell),
    transform: `translate(${x} ${y})`,
  }, svg('rect', { width, height, fill: 'var(--line)' }));
  let at = 0;
  const stripe = (bytes, fillWith) => {
    const wide = (width * bytes) / (cell.bytes || 1);
    const box = { x: at.toFixed(2), width: wide.toFixed(2), height };
    if (wide > LEAST_STRIPE) node.append(svg('rect', { ...box, fill: fillWith }));
    at += wide;
  };
  for (const [writer, bytes] of cell.owners) stripe(bytes, colour(writer));
  const named = sum(cell.owners.map((owner) => owner[1]));
  const foreign = file.foreign[index] + file.short[index];
  const nobody = file.hole[index] + foreign;
  stripe(Math.max(cell.bytes - named - nobody, 0), 'var(--soft)');
  stripe(file.hole[index], 'url(#dots)');
  stripe(foreign, 'url(#cross)');
  const torn = cell.damaged - nobody;
  if (torn > 0) {
    const tall = height * Math.max(LEAST_DAMAGE, torn / cell.bytes);
    const box = { y: (height - tall).toFixed(2), width, height: tall.toFixed(2) };
    node.append(svg('rect', { ...box, fill: 'url(#hatch)' }));
  }
  const frame = { x: 0.75, y: 0.75, width: width - 1.5, height: height - 1.5 };
  if (cell.damaged) node.append(svg('rect', { ...frame, fill: 'none', stroke: '#000', 'stroke-width': 1.5 }));
  return node;
}

function damageTable(view) {
  const cells = view.files.flatMap((file) => file.intact.map((_, index) => cellOf(file, index)));
  const damaged = cells.filter((cell) => cell.damaged);
  if (!damaged.length) return null;
  const rows = damaged.slice(0, MOST_ROWS).map((cell) => [
    `${cell.file.name} ${count(cell.offset)}`, count(cell.bytes), count(cell.damaged),
    cell.damage.map((kind) => KIND_TEXT[kind]).join(', '), cell.owners.map((owner) => owner[0]).join(', ')]);
  const note = damaged.length > MOST_ROWS ? ` (the first ${MOST_ROWS})` : '';
  return el('details', {}, el('summary', {}, `Damaged cells as a table${note}`),
    framed('damaged cells', ['first byte', 'bytes', 'damaged', 'what', 'writers'], rows, ['', 'number', 'number']));
}
