// What became of the records: rows of writers, columns of sequence numbers.

/** At most so many rows: beyond, neighbouring writers share one. */
const MOST_LANES = 48;
const FATES = ['attempted', 'whole', 'torn', 'absent'];

function fate(view) {
  const { bin_records: width, writers } = view.records;
  const head = el('h3', {}, 'What became of the records');
  if (!writers.length) return el('div', {}, head, el('p', {}, 'There were too many records to keep.'));
  const gone = view.supersedes ? 'gone, as versions that a later one replaced must' : 'gone';
  return el('div', {}, head,
    el('p', { class: 'hint' }, `By sequence number: filled is whole in the file, hatched is torn, empty is ${gone}.`),
    fatePlot(lanesOf(writers), width, writers), fateTable(writers));
}

/** A lane for each writer, or for some neighbours together. */
function lanesOf(writers) {
  const size = Math.ceil(writers.length / MOST_LANES);
  if (size === 1) {
    return writers.map((one) => ({ ...one, label: `writer ${one.writer}`, fill: colour(one.writer) }));
  }
  const lanes = [];
  for (let first = 0; first < writers.length; first += size) {
    const group = writers.slice(first, first + size);
    const added = (name) => group[0][name].map((_, bin) => sum(group.map((one) => one[name][bin])));
    const label = `writers ${group[0].writer}-${group.at(-1).writer}`;
    lanes.push({ ...Object.fromEntries(FATES.map((name) => [name, added(name)])), label, fill: 'var(--area)' });
  }
  return lanes;
}

function fatePlot(lanes, width, writers) {
  const bins = lanes[0].attempted.length;
  const tall = Math.max(5, Math.min(26, Math.floor(240 / lanes.length)));
  const wide = (CHART.right - CHART.left) / bins;
  const height = lanes.length * tall + 24;
  const every = Math.ceil(11 / tall);
  const rows = lanes.map((lane, row) => {
    const top = row * tall;
    const label = svg('text', { class: 'name', x: CHART.left - 6, y: top + tall / 2 + 4, 'text-anchor': 'end' }, lane.label);
    const frame = { x: CHART.left, y: top, width: wide * bins, height: tall - (tall > 6 ? 1.5 : 0) };
    return [row % every ? null : label, fateLane(lane, width, wide, frame),
      svg('rect', { ...frame, fill: 'none', stroke: 'var(--line)' })];
  });
  const axis = ticks(0, bins * width, 5).map((seq) => svg('text', {
    x: Math.min(CHART.left + (seq / width) * wide, CHART.width - 26), y: height - 6, 'text-anchor': 'middle',
  }, count(seq)));
  return svg('svg', {
    class: 'map', viewBox: `0 0 ${CHART.width} ${height}`, role: 'img',
    'aria-label': `records of ${plural(writers.length, 'writer')} by sequence number: ${fateText(writers)}`,
  }, rows, svg('g', { class: 'axis' }, axis));
}

/** The bins of a lane, filled from below: whole, then torn; what is left empty is gone. */
function fateLane(lane, width, wide, frame) {
  return lane.attempted.flatMap((attempted, bin) => {
    if (!attempted) return [];
    const across = { x: (CHART.left + bin * wide).toFixed(2), width: (wide + 0.15).toFixed(2) };
    const whole = (frame.height * lane.whole[bin]) / attempted;
    const torn = (frame.height * lane.torn[bin]) / attempted;
    const part = (above, height, fillWith) => (height ? [svg('rect', {
      ...across, y: (frame.y + frame.height - above - height).toFixed(2), height: height.toFixed(2), fill: fillWith,
    })] : []);
    const title = `${lane.label}, records ${count(bin * width)} to ${count((bin + 1) * width - 1)}: `
      + `${count(lane.whole[bin])} whole, ${count(lane.torn[bin])} torn, ${count(lane.absent[bin])} gone`;
    return [...part(0, whole, lane.fill), ...part(whole, torn, lane.fill), ...part(whole, torn, 'url(#hatch)'),
      svg('rect', { ...across, y: frame.y, height: frame.height, fill: 'transparent' }, svg('title', {}, title))];
  });
}

function fateTable(writers) {
  const rows = writers.map((one) => [`writer ${one.writer}`, ...FATES.map((name) => count(sum(one[name])))]);
  const heads = ['writer', 'attempted', 'whole', 'torn', 'acknowledged and gone'];
  return el('details', {}, el('summary', {}, 'As a table'),
    framed('what became of the records', heads, rows, ['', 'number', 'number', 'number', 'number']));
}

const fateText = (writers) => FATES.slice(1)
  .map((name) => `${count(sum(writers.map((one) => sum(one[name]))))} ${name}`).join(', ');
