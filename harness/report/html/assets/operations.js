// Operations of writers, as rows of a view: [writer, seq, begin, enter, leave, acknowledged, state].

const OP = { writer: 0, seq: 1, begin: 2, enter: 3, leave: 4, acknowledged: 5, state: 6 };
const STATE_TEXT = {
  whole: '; its record is whole in the file',
  torn: '; its record is torn in the file',
  absent: '; its record is not in the file',
  unknown: '',
};

const endOf = (op) => Math.max(op[OP.begin], op[OP.leave], op[OP.acknowledged], op[OP.enter]);
const isGuarded = (op) => op[OP.enter] >= 0;

/** Whether an operation is that of the record that a focus is about. */
function isAbout(focus, op) {
  return focus.about !== null && op[OP.writer] === focus.about.writer && op[OP.seq] === focus.about.seq;
}

/** Stretches in which critical sections of two writers ran at once: [from, to, operation, operation]. */
function collisions(operations) {
  const inside = operations.filter((op) => isGuarded(op) && op[OP.leave] >= 0)
    .sort((a, b) => a[OP.enter] - b[OP.enter]);
  const found = [];
  inside.forEach((op, index) => {
    for (const other of inside.slice(index + 1)) {
      if (other[OP.enter] >= op[OP.leave]) break;
      const end = Math.min(op[OP.leave], other[OP.leave]);
      if (other[OP.writer] !== op[OP.writer]) found.push([other[OP.enter], end, op, other]);
    }
  });
  return found;
}

function operationText(op) {
  const held = op[OP.leave] >= 0 ? duration(op[OP.leave] - op[OP.enter]) : 'never left';
  const section = isGuarded(op)
    ? `, waited ${duration(op[OP.enter] - op[OP.begin])}, critical section ${held}` : '';
  const end = op[OP.acknowledged] >= 0
    ? `acknowledged after ${duration(op[OP.acknowledged] - op[OP.begin])}` : 'never acknowledged';
  const whose = `writer ${op[OP.writer]}, record ${count(op[OP.seq])}`;
  return `${whose}: begun at ${duration(op[OP.begin])}${section}, ${end}${STATE_TEXT[op[OP.state]]}`;
}

/** What a focus is about. */
function focusText(focus, own, hits) {
  const overlaps = hits.length ? ` ${plural(hits.length, 'pair')} of critical sections overlap.` : '';
  if (!focus.about) return `Point at an operation to read it.${overlaps}`;
  const took = own ? `; its operation took ${duration(endOf(own) - own[OP.begin])}` : '';
  const { kind, seq, writer, cause } = focus.about;
  return `${kind}: record ${count(seq)} of writer ${writer}${took}. Cause: ${cause}.${overlaps}`;
}

function operationsTable(operations) {
  const time = (us) => (us < 0 ? '–' : duration(us));
  const times = [OP.begin, OP.enter, OP.leave, OP.acknowledged];
  const rows = [...operations].sort((a, b) => a[OP.begin] - b[OP.begin]).map((op) => [
    `writer ${op[OP.writer]}`, count(op[OP.seq]), ...times.map((column) => time(op[column])), op[OP.state]]);
  const heads = ['writer', 'record', 'begun', 'entered', 'left', 'acknowledged', 'record is'];
  return el('details', {}, el('summary', {}, 'These operations as a table'),
    framed('operations', heads, rows, ['', ...Array(5).fill('number')]));
}
