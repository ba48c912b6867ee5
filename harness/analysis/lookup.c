/* Looking up numbers among others, putting them in order, and bits by number: what find.py does in numpy.
 *
 * Tables are of 2^bits slots, at least twice as many as there are numbers in them, and all 0 when they are handed over.
 * The multiplier of the hash is the caller's, odd and anew for each process: no file can be made to collide.
 */
#include <stdint.h>

typedef struct {
    const int64_t *number;
    int32_t *slot; /* the row of a number plus 1; 0 where there is none */
    uint64_t mix;
    int bits;
} Table;

static uint64_t home(const Table *in, int64_t number) { return (uint64_t)number * in->mix >> (64 - in->bits); }

/* The slot that holds the number, or the empty one where it would be. */
static int32_t *find(const Table *in, int64_t number) {
    uint64_t at = home(in, number), last = ((uint64_t)1 << in->bits) - 1;
    while (in->slot[at] && in->number[in->slot[at] - 1] != number) at = (at + 1) & last;
    return in->slot + at;
}

static void fill(const Table *in, int64_t count) {
    for (int64_t i = 0; i < count; i++) {
        int32_t *slot = find(in, in->number[i]);
        if (!*slot) *slot = i + 1;
    }
}

/* Whether each of the values is among those wanted. */
void among(int64_t count, const int64_t *value, int64_t wanted_count, const int64_t *wanted, int64_t bits, uint64_t mix,
           int32_t *slots, uint8_t *found) {
    Table in = {wanted, slots, mix, bits};
    fill(&in, wanted_count);
    for (int64_t i = 0; i < count; i++) found[i] = *find(&in, value[i]) != 0;
}

/* The first row of each of those wanted among the values; -1 where there is none. */
void rows(int64_t count, const int64_t *value, int64_t wanted_count, const int64_t *wanted, int64_t bits, uint64_t mix,
          int32_t *slots, int64_t *found) {
    Table in = {wanted, slots, mix, bits};
    fill(&in, wanted_count);
    for (int64_t i = 0; i < wanted_count; i++) found[i] = -1;
    for (int64_t i = 0; i < count; i++) {
        int32_t row = *find(&in, value[i]);
        if (row && found[row - 1] < 0) found[row - 1] = i;
    }
    for (int64_t i = 0; i < wanted_count; i++) found[i] = found[*find(&in, wanted[i]) - 1];
}

/* The lengths, where one is 0 the longest of those with its key. best: 0 for each. */
void longest(int64_t count, const int64_t *key, const int64_t *length, int64_t bits, uint64_t mix, int32_t *slots,
             int64_t *best, int64_t *found) {
    Table in = {key, slots, mix, bits};
    fill(&in, count);
    for (int64_t i = 0; i < count; i++) {
        int64_t *most = best + *find(&in, key[i]) - 1;
        if (length[i] > *most) *most = length[i];
    }
    for (int64_t i = 0; i < count; i++) found[i] = length[i] > 0 ? length[i] : best[*find(&in, key[i]) - 1];
}

/* Where the bits of records are, by the slot of the page that holds a key; -1 where it has none. */
void places(int64_t count, const int64_t *key, const int32_t *slot, int64_t page_bits, int64_t *place) {
    int64_t within = ((int64_t)1 << page_bits) - 1;
    for (int64_t i = 0; i < count; i++) {
        int64_t page = slot[key[i] >> page_bits];
        place[i] = page < 0 ? -1 : page << page_bits | (key[i] & within);
    }
}

/* Whether bits are set. */
void marked(int64_t count, const int64_t *place, const uint8_t *bits, uint8_t *found) {
    for (int64_t i = 0; i < count; i++) found[i] = place[i] >= 0 && (bits[place[i] >> 3] >> (place[i] & 7) & 1);
}

/* Set bits. */
void mark(int64_t count, const int64_t *place, uint8_t *bits) {
    for (int64_t i = 0; i < count; i++)
        if (place[i] >= 0) bits[place[i] >> 3] |= 1 << (place[i] & 7);
}

#define DIGIT 11

typedef struct {
    uint64_t number;
    int64_t row;
} Item;

/* Two ascending parts of numbers, the second of which starts at ``middle``, as one; of equal ones the first part's. */
static void merge(int64_t count, const int64_t *number, int64_t middle, int64_t *row) {
    for (int64_t i = 0, one = 0, other = middle; i < count; i++) {
        int first = other == count || (one < middle && number[one] <= number[other]);
        row[i] = first ? one : other;
        one += first;
        other += !first;
    }
}

/* The rows of numbers in ascending order, equal ones as they come: digit by digit, those that vary. */
void order(int64_t count, const int64_t *number, Item *items, Item *other, int64_t *row) {
    uint64_t varying = 0;
    int64_t descents = 0, middle = count;
    for (int64_t i = 1; i < count; i++) {
        varying |= (uint64_t)(number[i] ^ number[0]);
        if (number[i - 1] > number[i]) descents++, middle = i;
    }
    if (descents < 2) {
        merge(count, number, middle, row);
        return;
    }
    for (int64_t i = 0; i < count; i++) items[i] = (Item){(uint64_t)number[i] ^ (uint64_t)1 << 63, i};
    for (int shift = 0; varying; shift += DIGIT, varying >>= DIGIT) {
        int64_t first[1 << DIGIT] = {0}, total = 0;
        while (!(varying & 1)) varying >>= 1, shift++;
        for (int64_t i = 0; i < count; i++) first[items[i].number >> shift & ((1 << DIGIT) - 1)]++;
        for (int i = 0; i < 1 << DIGIT; i++) {
            int64_t here = first[i];
            first[i] = total;
            total += here;
        }
        for (int64_t i = 0; i < count; i++) other[first[items[i].number >> shift & ((1 << DIGIT) - 1)]++] = items[i];
        Item *done = other;
        other = items;
        items = done;
    }
    for (int64_t i = 0; i < count; i++) row[i] = items[i].row;
}

/* Opens and closes that match as brackets do, among those of equal text: for each open the close, or -1.
 * Events come by position: rows below ``opens`` are opens, others closes. top: -1 for each open. */
void brackets(int64_t events, const int64_t *event, int64_t opens, const int64_t *text, int64_t bits, uint64_t mix,
              int32_t *slots, int64_t *top, int64_t *below, int64_t *close) {
    Table in = {text, slots, mix, bits};
    fill(&in, opens);
    for (int64_t i = 0; i < opens; i++) top[i] = close[i] = -1;
    for (int64_t i = 0; i < events; i++) {
        int32_t row = *find(&in, text[event[i]]);
        if (!row) continue;
        int64_t *last = top + row - 1;
        if (event[i] < opens) {
            below[event[i]] = *last;
            *last = event[i];
        } else if (*last >= 0) {
            close[*last] = event[i] - opens;
            *last = below[*last];
        }
    }
}
