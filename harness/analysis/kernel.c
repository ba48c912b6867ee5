/* The inner loops of the analysis, one pass over the bytes each: whole records, runs of cells, and
 * how far the bytes beside a run agree with its record.
 *
 * Every function does what the one of the same name does in numpy (lines.py, runs.py, cells.py), which is
 * what runs where no C compiler was at hand; kernel.py calls this, and the tests hold the two equal.
 * Words are little-endian; record.py draws the format. No function writes but to its last arguments.
 */
#include <stdint.h>
#include <string.h>

#define CELL 16
#define HEAD '>'
#define BODY '+'
#define MIN_RECORD 32
#define MAX_RECORD (1 << 20)
#define SEQ_BITS 25
#define AHEAD 8 /* so many rows ahead their bytes are fetched */

/* What cells.py knows of the format, handed over once.
 * value: of a digit, 255 for any other character. share: what a character at a place of a cell
 * contributes to its check letters. high, low: the two halves of the word of a place. mark: what
 * a mark contributes. pair: the two digits of a number below 1024. */
typedef struct {
    uint8_t value[256];
    uint32_t share[12][256];
    uint64_t high[1024], low[1024], mark[2];
    uint16_t pair[1024];
} Format;

typedef struct {
    int64_t key;
    uint64_t word, mask; /* word A without its mark; the identity's share of word B */
} Identity;

static Format format;

void prepare(const Format *from) { format = *from; }
uint64_t format_bytes(void) { return sizeof(Format); }

static uint64_t load(const uint8_t *at) {
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

static uint64_t place_word(int64_t number, int head) {
    return format.high[number >> 10 & 1023] ^ format.low[number & 1023] ^ format.mark[head];
}

/* The number in some digits; negative where one of them is none. */
static int64_t number_at(const uint8_t *at, int digits) {
    int64_t number = 0;
    unsigned invalid = 0;
    for (int i = 0; i < digits; i++) {
        unsigned value = format.value[at[i]];
        invalid |= value;
        number = number << 5 | (value & 31);
    }
    return invalid > 31 ? -1 : number;
}

static int identify(const uint8_t *at, Identity *who) {
    int64_t writer = number_at(at + 1, 2), seq = number_at(at + 3, 5);
    if ((writer | seq) < 0) return 0;
    uint32_t share = 0;
    for (int i = 1; i < 8; i++) share ^= format.share[i][at[i]];
    *who = (Identity){writer << SEQ_BITS | seq, load(at) & ~0xFFull, (uint64_t)share << 32};
    return 1;
}

static Identity identity_of(int64_t key) {
    uint32_t writer = key >> SEQ_BITS & 1023, seq = key & ((1 << SEQ_BITS) - 1);
    uint64_t word = (uint64_t)format.pair[writer] << 8 | (uint64_t)format.pair[seq >> 15] << 24;
    word |= (uint64_t)format.pair[seq >> 5 & 1023] << 40 | (uint64_t)(format.pair[seq & 31] >> 8) << 56;
    uint32_t share = 0;
    for (int i = 1; i < 8; i++) share ^= format.share[i][word >> 8 * i & 255];
    return (Identity){key, word, (uint64_t)share << 32};
}

/* Whether a valid cell stands here; its record, and its offset, or for a head the record's length. */
static int decode(const uint8_t *at, Identity *who, int64_t *offset, int64_t *length) {
    int head = *at == HEAD;
    int64_t number = number_at(at + 8, 4);
    if (number < 0 || !identify(at, who)) return 0;
    if (load(at + 8) != (place_word(number, head) ^ who->mask)) return 0;
    *offset = head ? 0 : number;
    *length = head ? number + 1 : 0;
    if (head) return *length >= MIN_RECORD;
    return number > 0 && number % CELL == 0 && number < MAX_RECORD - CELL;
}

/* The length of the whole record that stands here, before the end; 0 where none does. */
static int64_t whole(const uint8_t *at, const uint8_t *end, int64_t *key) {
    Identity who;
    int64_t offset, length;
    if (end - at < MIN_RECORD || *at != HEAD || !decode(at, &who, &offset, &length)) return 0;
    if (length > end - at || at[length - 1] != '\n') return 0;
    uint64_t word = who.word | BODY, wrong = 0;
    for (offset = CELL; offset + CELL < length; offset += CELL) {
        wrong |= load(at + offset) ^ word;
        wrong |= load(at + offset + 8) ^ place_word(offset, 0) ^ who.mask;
    }
    uint64_t tail[2] = {word, place_word(offset, 0) ^ who.mask};
    if (wrong || memcmp(at + offset, tail, length - 1 - offset)) return 0;
    *key = who.key;
    return length;
}

int64_t whole_lines(const uint8_t *data, int64_t lo, int64_t hi, int64_t *pos, int64_t *size, int64_t *key) {
    int64_t count = 0;
    while (lo < hi) {
        int64_t length = whole(data + lo, data + hi, key + count);
        if (length) {
            pos[count] = lo;
            size[count++] = length;
            lo += length;
            continue;
        }
        const uint8_t *newline = memchr(data + lo, '\n', hi - lo);
        if (!newline) break;
        lo = newline - data + 1;
    }
    return count;
}

/* Whether the body cell of a record with this offset stands here. */
static int goes_on(const uint8_t *at, const Identity *who, int64_t offset) {
    return load(at) == (who->word | BODY) && load(at + 8) == (place_word(offset, 0) ^ who->mask);
}

/* Runs of cells in data[lo:hi] outside of the whole lines; cells must not reach beyond the data.
 * columns: rows of pos, end, key, start, length. */
int64_t find_runs(const uint8_t *data, int64_t lo, int64_t hi, const int64_t *pos, const int64_t *size,
                  int64_t lines, int64_t (*run)[5]) {
    int64_t count = 0, next = 0, last_end = -1, last_key = 0, last_offset = 0, limit = 0;
    while (lo < hi) {
        while (next < lines && pos[next] + size[next] <= lo) next++;
        if (next < lines && pos[next] <= lo) {
            lo = pos[next] + size[next];
            continue;
        }
        int64_t stop = next < lines && pos[next] < hi ? pos[next] : hi;
        Identity who;
        int64_t offset, length;
        while (lo < stop) {
            if ((data[lo] != HEAD && data[lo] != BODY) || !decode(data + lo, &who, &offset, &length)) {
                lo++;
                continue;
            }
            int joined = lo == last_end && who.key == last_key && offset == last_offset + CELL;
            if (!joined) limit = length;
            if (!joined || (limit > 0 && offset + CELL >= limit)) {
                int64_t row[5] = {lo, lo + CELL, who.key, offset, length};
                memcpy(run[count++], row, sizeof row);
            }
            lo += CELL;
            int64_t end = limit > 0 ? limit - CELL : MAX_RECORD - CELL;
            last_offset = offset;
            while (lo < stop && last_offset + CELL < end && goes_on(data + lo, &who, last_offset + CELL)) {
                lo += CELL;
                last_offset += CELL;
            }
            run[count - 1][1] = last_end = lo;
            last_key = who.key;
        }
    }
    return count;
}

/* How far each run may reach: to other runs, to whole lines, to the ends of the data. */
void room(int64_t runs, const int64_t *pos, const int64_t *end, int64_t lines, const int64_t *line, const int64_t *size,
          int64_t total, int64_t *floor, int64_t *ceiling) {
    for (int64_t i = 0, next = 0; i < runs; i++) {
        while (next < lines && line[next] < pos[i]) next++;
        floor[i] = i > 0 ? end[i - 1] : 0;
        ceiling[i] = i + 1 < runs ? pos[i + 1] : total;
        if (next > 0 && line[next - 1] + size[next - 1] > floor[i]) floor[i] = line[next - 1] + size[next - 1];
        if (next < lines && line[next] < ceiling[i]) ceiling[i] = line[next];
    }
}

/* How many bytes beyond each run go on with its record; the length, where a newline tells one. */
void to_the_right(const uint8_t *data, int64_t runs, const int64_t *pos, const int64_t *end, const int64_t *key,
                  const int64_t *start, const int64_t *ceiling, const int64_t *known, int64_t *agreeing,
                  int64_t *length) {
    for (int64_t i = 0; i < runs; i++) {
        const uint8_t *at = data + end[i];
        if (i + AHEAD < runs) __builtin_prefetch(data + end[i + AHEAD]);
        int64_t offset = start[i] + end[i] - pos[i];
        int64_t room = ceiling[i] - end[i] < CELL ? ceiling[i] - end[i] : CELL;
        int64_t inside = room, count = 0;
        if (known[i] > 0 && known[i] - 1 - offset < room) inside = known[i] - 1 - offset;
        Identity who = identity_of(key[i]);
        int64_t place = offset < MAX_RECORD - 1 ? offset : MAX_RECORD - 1;
        uint64_t expected[2] = {who.word | BODY, place_word(place, 0) ^ who.mask};
        while (count + 8 <= inside && load(at + count) == expected[count / 8]) count += 8;
        while (count < inside && at[count] == ((uint8_t *)expected)[count]) count++;
        int64_t reached = offset + count + 1;
        int ended = known[i] == 0 ? reached >= MIN_RECORD : reached == known[i];
        ended = ended && count < room && at[count] == '\n';
        agreeing[i] = count + ended;
        length[i] = ended ? reached : known[i];
    }
}

/* How many bytes before each run lead up to it. */
void to_the_left(const uint8_t *data, int64_t runs, const int64_t *pos, const int64_t *key, const int64_t *start,
                 const int64_t *floor, const int64_t *length, int64_t *agreeing) {
    for (int64_t i = 0; i < runs; i++) {
        int64_t before = start[i] - CELL, room = pos[i] - floor[i] < CELL ? pos[i] - floor[i] : CELL, count = 0;
        int head = before <= 0;
        if (i + AHEAD < runs) __builtin_prefetch(data + pos[i + AHEAD] - 1);
        agreeing[i] = 0;
        if (start[i] <= 0 || (head && length[i] == 0)) continue;
        Identity who = identity_of(key[i]);
        uint64_t place = place_word(head ? length[i] - 1 : before, head) ^ who.mask;
        uint64_t expected[2] = {who.word | (head ? HEAD : BODY), place};
        while (count < room && data[pos[i] - 1 - count] == ((uint8_t *)expected)[CELL - 1 - count]) count++;
        agreeing[i] = count;
    }
}

/* The bytes [offset, offset + 16 * cells) of records, one row each. */
void content(int64_t rows, const int64_t *key, const int64_t *length, const int64_t *offset, int64_t cells,
             uint8_t *text) {
    for (int64_t i = 0; i < rows; i++, text += cells * CELL) {
        Identity who = identity_of(key[i]);
        int64_t shift = offset[i] & (CELL - 1);
        for (int64_t cell = 0; cell <= cells; cell++) {
            int64_t at = offset[i] - shift + cell * CELL, left = cell * CELL - shift;
            int head = at == 0;
            int64_t number = head ? (length[i] > 0 ? length[i] - 1 : 0) : at < MAX_RECORD - 1 ? at : MAX_RECORD - 1;
            uint64_t word[2] = {who.word | (head ? HEAD : BODY), place_word(number, head) ^ who.mask};
            uint8_t *byte = (uint8_t *)word;
            for (int64_t k = length[i] - 1 - at > 0 ? length[i] - 1 - at : 0; length[i] > 0 && k < CELL; k++)
                byte[k] = at + k == length[i] - 1 ? '\n' : 0;
            int64_t from = left < 0 ? -left : 0, to = cells * CELL - left < CELL ? cells * CELL - left : CELL;
            if (from < to) memcpy(text + left + from, byte + from, to - from);
        }
    }
}

/* How far records are covered by their fragments, see covering.py. Returns the number of records. */
int64_t covered(int64_t rows, const int64_t *key, const int64_t *start, const int64_t *size, const int64_t *length,
                int64_t *of, int64_t *first, int64_t *reached, int64_t *end, int64_t *told, uint8_t *complete) {
    int64_t record = -1, head = 0, longest = 0;
    for (int64_t i = 0; i < rows; i++) {
        if (i == 0 || key[i] != key[i - 1]) {
            first[++record] = i;
            complete[record] = 1;
            end[record] = head = longest = 0;
        }
        of[i] = record;
        reached[i] = end[record];
        if (start[i] > end[record]) complete[record] = 0;
        if (start[i] + size[i] > end[record]) end[record] = start[i] + size[i];
        if (length[i] > longest) longest = length[i];
        if (start[i] == 0 && size[i] >= CELL && length[i] > head) head = length[i];
        if (i + 1 < rows && key[i + 1] == key[i]) continue;
        told[record] = head > 0 ? head : longest;
        complete[record] = complete[record] && told[record] > 0 && end[record] == told[record];
    }
    return record + 1;
}

/* Gaps cut up by what their bytes can be, see kinds.py. */
enum { POSSIBLE, FOREIGN, NUL };

int64_t cut_up(const uint8_t *data, int64_t gaps, const int64_t *start, const int64_t *size, const uint8_t *kinds,
               int64_t fewest, int64_t *at, int64_t *part, uint8_t *kind) {
    int64_t count = 0;
    for (int64_t i = 0; i < gaps; i++) {
        const uint8_t *begin = data + start[i], *end = begin + size[i], *next;
        if (i + AHEAD < gaps) __builtin_prefetch(data + start[i + AHEAD]);
        int64_t first = count;
        for (const uint8_t *from = begin; from < end; from = next) { /* stretches of one kind */
            uint8_t one = kinds[*from];
            if (one == FOREIGN) { /* with the few bytes of other kinds that are amid it, without a branch for each */
                int64_t few = 0;
                for (next = from + 1; next < end && kinds[*next] != NUL && few < fewest; next++)
                    few = (few + 1) & -(int64_t)(kinds[*next] == POSSIBLE);
                next -= few;
            } else {
                for (next = from + 1; next < end && kinds[*next] == one; next++) {}
            }
            if (one == POSSIBLE && next - from < fewest) {
                int before = from > begin && kinds[from[-1]] == FOREIGN, behind = next < end && kinds[*next] == FOREIGN;
                int like_an_end = *from == HEAD || next[-1] == '\n';
                if ((before && behind) || ((before || behind) && !like_an_end)) one = FOREIGN;
            }
            if (one == FOREIGN && count > first && kind[count - 1] == FOREIGN) {
                part[count - 1] += next - from;
                continue;
            }
            for (const uint8_t *piece = from, *stop; piece < next; piece = stop) {
                stop = one == POSSIBLE ? piece + 1 : next;
                while (stop < next && *stop != HEAD && stop[-1] != '\n') stop++;
                at[count] = piece - data;
                part[count] = stop - piece;
                kind[count++] = one;
            }
        }
    }
    return count;
}
