/* Disputes between neighbours: bytes that are right for both records beside a tear, as beside.py tells in numpy. */
#include <stdint.h>

#define CELL 16

void content(int64_t rows, const int64_t *key, const int64_t *length, const int64_t *offset, int64_t cells,
             uint8_t *text); /* kernel.c */

/* Take from neighbours in the file, in place, what is right for both, see beside.py. */
void dispute(int64_t rows, int64_t *pos, int64_t *size, const int64_t *key, int64_t *start, const int64_t *length,
             int64_t *soft_left, int64_t *soft_right, const uint8_t *eligible) {
    int64_t whole, following = rows ? size[0] : 0; /* sizes before anything was taken */
    for (int64_t i = 0, j = 1; j < rows; i++, j++) {
        int64_t offset = start[i] + size[i], begin = start[j];
        whole = following;
        following = size[j];
        if (!eligible[i] || pos[i] + size[i] != pos[j] || begin == 0 || size[j] == 0) continue;
        if ((length[i] > 0 && offset >= length[i]) || (key[i] == key[j] && begin == offset)) continue;
        uint8_t one[CELL], other[CELL];
        int64_t taken = 0, given = 0, back = begin < offset ? begin : offset;
        if (back > CELL) back = CELL;
        content(1, key + i, length + i, &offset, 1, one);
        content(1, key + j, length + j, &begin, 1, other);
        while (taken < CELL && taken < size[j] / 2 && one[taken] == other[taken]) taken++;
        offset -= back, begin -= back;
        content(1, key + i, length + i, &offset, 1, one);
        content(1, key + j, length + j, &begin, 1, other);
        while (given < back && given < whole / 2 && one[back - 1 - given] == other[back - 1 - given]) given++;
        size[i] -= given;
        pos[j] += taken;
        start[j] += taken;
        size[j] -= taken;
        soft_right[i] = soft_left[j] = given + taken;
    }
}

typedef struct {
    int64_t left, right, size, least, most, given; /* the rows on both sides; how many bytes, and how many to the left */
    int knows;                                     /* whether one of the sides knows its need; 2: the left one does */
} Dispute;

typedef struct {
    int64_t d, e, gap, bound, limit;
} Need;

/* Which rows dispute bytes, see beside.partners; on_right, on_left: the dispute of each row, or -1. */
static int64_t find_disputes(int64_t rows, const int64_t *place, int64_t *pos, int64_t *size, int64_t *start,
                             int64_t *soft_left, int64_t *soft_right, Dispute *all, int64_t *on_right, int64_t *on_left) {
    int64_t count = 0;
    for (int64_t i = 0; i < rows; i++) on_right[i] = on_left[i] = -1;
    for (int64_t k = 0; k + 1 < rows; k++) {
        int64_t i = place[k], j = place[k + 1];
        if (soft_right[i] == 0 || soft_left[j] != soft_right[i] || pos[j] != pos[i] + size[i] + soft_right[i]) continue;
        on_right[i] = on_left[j] = 0;
    }
    for (int64_t i = 0; i < rows; i++) {
        if (soft_right[i] == 0 || on_right[i] == 0) continue;
        size[i] += soft_right[i];
        soft_right[i] = 0;
    }
    for (int64_t i = 0; i < rows; i++) {
        if (soft_left[i] == 0 || on_left[i] == 0) continue;
        pos[i] -= soft_left[i];
        start[i] -= soft_left[i];
        size[i] += soft_left[i];
        soft_left[i] = 0;
    }
    for (int64_t k = 0; k + 1 < rows; k++) {
        int64_t i = place[k], j = place[k + 1];
        if (on_right[i] < 0) continue;
        on_right[i] = on_left[j] = count;
        all[count++] = (Dispute){i, j, soft_right[i], 0, soft_right[i], 0, 0};
    }
    return count;
}

static int64_t clip(int64_t number, int64_t most) { return number < 0 ? 0 : number > most ? most : number; }

/* Settle disputes in place, see beside.py, for rows sorted by record; place: the rows by position. */
void decide(int64_t rows, const int64_t *place, int64_t *pos, int64_t *size, const int64_t *key, int64_t *start,
            int64_t *soft_left, int64_t *soft_right, int64_t rounds, Dispute *all, Need *needs, int64_t *on_right,
            int64_t *on_left) {
    int64_t count = find_disputes(rows, place, pos, size, start, soft_left, soft_right, all, on_right, on_left);
    int64_t wanted = 0, reached = 0, last = -1;
    Dispute *none = all + count; /* of no bytes */
    *none = (Dispute){0};
    for (int64_t i = 0; i < rows; i++) {
        if (i == 0 || key[i] != key[i - 1]) reached = 0, last = -1;
        if (start[i] + size[i] <= reached) continue;
        reached = start[i] + size[i];
        int64_t before = last;
        last = i;
        if (before < 0) continue;
        int64_t d = on_right[before] < 0 ? count : on_right[before], e = on_left[i] < 0 ? count : on_left[i];
        int64_t gap = start[i] - start[before] - size[before];
        if (d == e) {
            if (gap <= all[d].size) all[d].knows = 2;
        } else if (gap <= all[d].size + all[e].size) {
            needs[wanted++] = (Need){d, e, gap, 0, 0};
        }
    }
    for (int64_t round = 0, changed = 1; round < rounds && changed; round++) {
        changed = 0;
        for (int64_t i = 0; i < wanted; i++) {
            needs[i].bound = needs[i].gap - all[needs[i].e].size + all[needs[i].e].least;
            needs[i].limit = all[needs[i].e].size - needs[i].gap + all[needs[i].d].most;
        }
        for (int64_t i = 0; i < wanted; i++) {
            Dispute *d = all + needs[i].d, *e = all + needs[i].e;
            int64_t least = clip(needs[i].bound, d->size), most = clip(needs[i].limit, e->size);
            if (least > d->least) d->least = least, changed = 1;
            if (most < e->most) e->most = most, changed = 1;
        }
    }
    for (int64_t i = 0; i < wanted; i++) all[needs[i].d].knows = 2;
    for (int64_t i = 0; i < wanted; i++)
        if (!all[needs[i].e].knows) all[needs[i].e].knows = 1;
    for (int64_t i = 0; i <= count; i++) all[i].given = all[i].knows == 2 ? all[i].least : all[i].most;
    for (int64_t round = 0, changed = 1; round < rounds && changed; round++) {
        changed = 0;
        for (int64_t i = 0; i < wanted; i++) {
            Dispute *d = all + needs[i].d, *e = all + needs[i].e;
            int64_t more = needs[i].gap - e->size + e->given;
            needs[i].bound = more > d->given && more <= d->most ? more : -1;
        }
        for (int64_t i = 0; i < wanted; i++) {
            Dispute *d = all + needs[i].d;
            if (needs[i].bound < 0) continue;
            changed = 1;
            if (needs[i].bound > d->given) d->given = needs[i].bound;
        }
    }
    for (Dispute *one = all; one < none; one++) {
        if (!one->knows) continue;
        int64_t rest = one->size - one->given;
        size[one->left] += one->given;
        soft_right[one->left] = 0;
        pos[one->right] -= rest;
        start[one->right] -= rest;
        size[one->right] += rest;
        soft_left[one->right] = 0;
    }
}
