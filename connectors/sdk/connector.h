/* The contract between the host and a connector: C17, plain data, nothing else crosses.
 *
 * A connector is pulled. The host opens a connection, opens a stream (one table, topic, folder) for one feed, and calls read()
 * again and again with the Position it has stored; the connector emits records and hands back the next Position. The host owns
 * threads, retry, backoff, mapping, commits, deletes by sweep, guard, quarantine and metrics.
 *
 * A connector may have a second role, the writer: it keeps something outside (a topic) equal to a feed, by the entries that the host brings in
 * the feed's order. How far it has come is read from what was written, and kept nowhere else.
 *
 * Rules
 *  1. Everything passed in is borrowed for the call; everything emitted is copied by the host before emit() returns. Each side
 *     frees only what it allocated.
 *  2. No exception, C++ type, FILE*, locale change, setenv, signal handler or thread callback crosses this border.
 *  3. A connection and its streams are used by one thread at a time; only cancel() may be called from another, at any time
 *     between open and close. A cancelled call returns MG_CANCELLED within 2 seconds.
 *  4. Every call that can block returns by its deadline (max_wait_ms, or the `timeout` setting), failing if it must.
 *  5. Fixed-width integers; enums are constants over int32_t; natural alignment; every struct that may grow begins with `size`
 *     (the size the caller was compiled with) and grows only at its end.
 *  6. A password or other secret setting never appears in a message or log line.
 */
#ifndef MESHGATE_CONNECTOR_H
#define MESHGATE_CONNECTOR_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Host and connector must match exactly: the contract has not rested yet. 1: writers. */
#define MG_CONNECTOR_ABI 1u
#define MG_ENTRY_NAME "mg_connector_entry"

/* Borrowed text or bytes, not terminated. */
typedef struct mg_str {
  const char* data;
  size_t size;
} mg_str;

/* What to do about a failure. 0 is success. */
enum {
  MG_OK = 0,
  MG_RETRY = 1,       /* passing fault: the same call may work later */
  MG_RECONNECT = 2,   /* the connection is gone: close it, open a new one */
  MG_AUTH = 3,        /* refused: a person must change credentials or rights */
  MG_CONFIG = 4,      /* a person must change a setting, or the table or driver it names */
  MG_BAD_RECORD = 5,  /* not returned by read(): a bad record is emitted with a fault */
  MG_GONE = 6,        /* the Position cannot be continued: read from the beginning */
  MG_UNSUPPORTED = 7,
  MG_INTERNAL = 8,
  MG_CANCELLED = 9,
  MG_CONFLICT = 10    /* somebody else has taken over the writing: stop, a person must decide */
};

typedef struct mg_error {
  int32_t code;
  char message[1020]; /* UTF-8, terminated: what is wrong, where, and what to do */
} mg_error;

/* Kinds of values; which member of mg_value counts is in brackets. */
enum {
  MG_NULL = 0,
  MG_BOOL = 1,        /* [i] 0 or 1 */
  MG_INT64 = 2,       /* [i] */
  MG_UINT64 = 3,      /* [u] */
  MG_FLOAT32 = 4,     /* [f] exactly a float */
  MG_FLOAT64 = 5,     /* [f] */
  MG_DECIMAL = 6,     /* [s] digits, optional '-', optional '.' */
  MG_TEXT = 7,        /* [s] UTF-8 */
  MG_BYTES = 8,       /* [s] */
  MG_DATE = 9,        /* [i] days since 1970-01-01 */
  MG_TIME = 10,       /* [i] microseconds of the day */
  MG_TIMESTAMP = 11,  /* [i] microseconds since 1970-01-01T00:00:00, no zone */
  MG_TIMESTAMPTZ = 12,/* [i] the same, UTC */
  MG_UUID = 13,       /* [s] 16 bytes */
  MG_JSON = 14        /* [s] one JSON text */
};

typedef struct mg_value {
  int32_t kind;
  uint32_t reserved;
  union {
    int64_t i;
    uint64_t u;
    double f;
    mg_str s;
  };
} mg_value;

/* One column of a stream. `type` is one of the kinds above; a column of a type that cannot be carried exactly has type MG_NULL,
 * and `native` says what it is: a feed that uses it is refused, a feed that leaves it out is not. */
typedef struct mg_column {
  uint32_t size;
  int32_t type;
  mg_str name;
  mg_str native;     /* the source's own name of the type */
  uint8_t nullable;
  uint8_t reserved[3];
  uint32_t key;      /* 1, 2, ...: place in the key; 0: not in it */
} mg_column;

enum {
  MG_UPSERT = 0, /* the record as it is now */
  MG_DELETE = 1, /* the source itself reports that it is gone; only the key values are set, the others MG_NULL */
  MG_PRESENT = 2 /* within a scan: it is there, and its item stays as it is; only the key values are set. What the feed does not
                  * have yet is asked for by lookup() */
};

typedef struct mg_record {
  uint32_t size;
  int32_t operation;
  const mg_value* values; /* one per column last announced, in that order */
  size_t value_count;
  int64_t source_time_us; /* 0: the source does not say */
  mg_str fault;           /* not empty: a value cannot be had exactly; "column total: NaN". Key values that could be read are set */
  mg_str raw;             /* with a fault: the record as the source gave it, as far as it can be shown */
  uint8_t late;           /* 1: an earlier read should have shown it as it is now. Counted where it changes an item; asks for nothing */
  uint8_t reserved[7];
} mg_record;

/* What the host offers during a call. emit() returns MG_OK to go on, or MG_CANCELLED: stop and return what was read so far. */
typedef struct mg_sink {
  uint32_t size;
  void* ctx;
  /* The columns of the records that follow. Called in every read() and lookup() before the first record. */
  int32_t (*columns)(void* ctx, const mg_column* columns, size_t count);
  int32_t (*emit)(void* ctx, const mg_record* record);
} mg_sink;

/* Given to open(), valid until close(). Levels: 0 debug, 1 info, 2 warning, 3 error. */
typedef struct mg_host {
  uint32_t size;
  void* ctx;
  void (*log)(void* ctx, int32_t level, mg_str text);
} mg_host;

/* A setting's description. From these come validation, `meshgate describe`, the JSON Schema and the reference page. */
enum {
  MG_OPTION_TEXT = 0,
  MG_OPTION_INTEGER = 1,
  MG_OPTION_BOOLEAN = 2,
  MG_OPTION_DURATION = 3, /* given to the connector in milliseconds, as digits */
  MG_OPTION_SIZE = 4,     /* given in bytes, as digits */
  MG_OPTION_LIST = 5,     /* of texts; given as one setting per entry, same name */
  MG_OPTION_PATH = 6      /* given absolute: relative ones start at the configuration's folder */
};

typedef struct mg_option {
  uint32_t size;
  int32_t type;
  mg_str name;
  mg_str fallback;   /* the default, as it would be written; data NULL: none */
  mg_str help;       /* one sentence */
  uint8_t required;
  uint8_t secret;
  uint8_t any_name;    /* this entry stands for settings of any name not otherwise described (driver keywords) */
  uint8_t pace;        /* of a stream: it says only when something is read. Another value asks for nothing to be read again */
  uint8_t stream_name; /* of a stream: takes a name that discover() tells; at most one option does */
  uint8_t reserved[3];
} mg_option;

/* A setting, already validated against the options and with defaults filled in. */
typedef struct mg_setting {
  mg_str name;
  mg_str value;
} mg_setting;

typedef struct mg_limits {
  uint32_t size;
  uint32_t max_wait_ms; /* return by then with what there is, also with nothing */
  uint64_t max_records;
  uint64_t max_bytes;   /* of emitted values; one record may go over */
  uint32_t flags;       /* below */
  uint32_t reserved;
} mg_limits;

/* What else a host wants of a read(). */
enum {
  MG_LIGHT = 1, /* the source shall have its rest: neither begin nor go on with a scan. Show what has changed where the source tells that at
                 * little cost, and then, or at once, say MG_IDLE. A scan under way stays where it is */
  MG_LET_GO = 2 /* the source shall have nothing left of this stream when the read returns: end what is open or running there. What is read
                 * later is then as new as that. What cannot be ended in time stays, and MG_OPEN says so */
};

/* What a read() covered. Between the reads of a scan there may be others without MG_SCANNING, that show what has changed meanwhile. */
enum {
  MG_SCAN_BEGAN = 1,  /* a full scan began with this read: the host starts to note what it sees */
  MG_SCAN_ENDED = 2,  /* the scan is complete: a record not seen since it began is missing from the source */
  MG_SCANNING = 4,    /* within a scan, including its first and last read */
  MG_IDLE = 8,        /* nothing more at present: come back after the interval */
  MG_SCANS_AGAIN = 16, /* with MG_SCAN_ENDED: another scan comes by itself, so what this one could not settle can wait for it. Without it a
                       * host that could not sweep reads from the beginning */
  MG_SCAN_WAITS = 32, /* after MG_LIGHT: a scan is due or under way, and waits for a read without it. With the Position as it was given: nothing
                       * else is read meanwhile */
  MG_OPEN = 64,       /* something of this stream stays open or running at the source (a cursor, a snapshot, a statement). What further
                       * reads emit may be as old as this one */
  MG_LISTENS = 128    /* where nothing more is at hand, a read of this stream waits for what comes, up to max_wait_ms, and returns with it at once.
                       * With MG_IDLE: come back at once */
};

typedef struct mg_progress {
  uint32_t size;
  uint32_t flags;
  mg_str position;      /* to be stored with the records of this read; valid until the next call on the stream */
  int64_t as_of_us;     /* every insert and update committed in the source before this instant (its clock) has been read; 0: not known.
                         * Deletes are as old as the last scan, where the source does not report them */
  uint64_t total;       /* records that a scan is expected to give, estimated; 0: not known */
  mg_str note;          /* a sentence for people: how this stream is read, and what stands in the way; empty: nothing to say */
  uint64_t kept;        /* entries that the source keeps for its readers (a journal), as counted last; 0: none, or it keeps nothing */
} mg_progress;

typedef struct mg_connection mg_connection;
typedef struct mg_stream mg_stream;

/* A stream that discover() found. */
typedef struct mg_found {
  uint32_t size;
  uint8_t own;       /* 1: its group is the one that is meant where none is named, or there is no group */
  uint8_t reserved[3];
  mg_str name;       /* as the option with `stream_name` takes it */
  mg_str group;      /* what it stands in (a schema), as people know it; empty: streams of this source stand in nothing */
  mg_str title;      /* its own name there, as people know it */
  const mg_column* columns;
  size_t column_count;
} mg_found;

/* What is made in the source so that a stream can be read as its settings say: a journal of changes. */
enum {
  MG_SETUP_INSTALL = 0,
  MG_SETUP_REMOVE = 1, /* all of it; nothing is left behind */
  MG_SETUP_STATE = 2   /* how it stands, for people; changes nothing */
};

typedef struct mg_setup {
  uint32_t size;
  int32_t action;
  uint8_t tell; /* 1: the source is not changed; the text is what would be done, in the source's own language, for a person to read or run */
  uint8_t reserved[7];
  const mg_setting* login; /* settings of the connection that are other ones for this: who may change the source is seldom who reads it */
  size_t login_count;
  mg_str reader; /* with MG_SETUP_REMOVE: only what is kept for this reader goes, which then reads from the beginning if it comes again; empty: all */
} mg_setup;

/* Takes text for people, piece by piece. */
typedef struct mg_text {
  uint32_t size;
  void* ctx;
  void (*say)(void* ctx, mg_str text);
} mg_text;

/* Called by discover() for each stream; returns MG_OK to go on. */
typedef struct mg_catalog {
  uint32_t size;
  uint8_t names_only; /* 1: columns are not looked at, and may be left out where that is cheaper */
  uint8_t reserved[3];
  void* ctx;
  int32_t (*stream)(void* ctx, const mg_found* found);
} mg_catalog;

/* Somebody who wants to sign in. */
typedef struct mg_person {
  uint32_t size;
  uint32_t reserved;
  mg_str key;      /* of their record, as text */
  mg_str name;     /* as they gave it; for messages, and for sources that ask by it */
  mg_str password; /* never kept, logged, or put into a message */
} mg_person;

/* The feed that a writer writes. */
typedef struct mg_feed {
  uint32_t size;
  uint32_t reserved;
  mg_str name;
  mg_str uid;   /* 32 hex digits; the same over restarts and renames */
  mg_str epoch; /* 32 hex digits; another one: the seqs of what was written before say nothing any more */
} mg_feed;

/* An item of the feed as it is now, or that it is gone. */
typedef struct mg_entry {
  uint32_t size;
  uint8_t gone; /* 1: `rev`, `at`, `content` and `partitions` are empty */
  uint8_t reserved[3];
  uint64_t seq; /* its place in the feed's order; 0: the feed does not know it (any more) */
  mg_str id;
  mg_str rev;
  mg_str at;      /* RFC 3339, UTC */
  mg_str content; /* one JSON text */
  const mg_str* partitions; /* that it is in, sorted; none: the feed is not divided */
  size_t partition_count;
} mg_entry;

/* How far what was written has come. */
typedef struct mg_written {
  uint32_t size;
  uint8_t known;    /* 0: it must be compared, by fold() */
  uint8_t reserved[3];
  uint64_t through; /* all entries of this epoch up to this seq are there; 0: none is */
} mg_written;

/* What is there under an id. */
typedef struct mg_held {
  uint32_t size;
  uint8_t gone;
  uint8_t foreign; /* 1: somebody else wrote it; only the id is known */
  uint8_t reserved[2];
  mg_str id;
  mg_str rev;
  const mg_str* partitions; /* as they were written */
  size_t partition_count;
} mg_held;

/* Called by fold(); returns MG_OK to go on. */
typedef struct mg_held_sink {
  uint32_t size;
  void* ctx;
  int32_t (*held)(void* ctx, const mg_held* held);
} mg_held_sink;

typedef struct mg_writer mg_writer;

typedef struct mg_connector_module {
  uint32_t abi;  /* MG_CONNECTOR_ABI; read before anything else */
  uint32_t size; /* sizeof(mg_connector_module) */
  mg_str name;
  mg_str version;
  mg_str summary; /* one sentence for `meshgate describe` */
  const mg_option* connection_options;
  size_t connection_option_count;
  const mg_option* stream_options;
  size_t stream_option_count;

  /* Takes the settings; does not yet reach out. */
  int32_t (*open)(const mg_host*, const mg_setting*, size_t, mg_connection** out, mg_error*);
  /* Reaches the source and says what is wrong, or MG_OK. */
  int32_t (*check)(mg_connection*, mg_error*);
  /* Lists the streams there are. Asked again and again while a node runs, then for names only. */
  int32_t (*discover)(mg_connection*, const mg_catalog*, mg_error*);
  /* Makes or removes what the source needs for a stream of these settings. MG_UNSUPPORTED: nothing is ever needed. */
  int32_t (*setup)(mg_connection*, const mg_setting*, size_t, const mg_setup*, const mg_text*, mg_error*);
  /* A stream for one feed. Reaches the source; fails with MG_CONFIG where the table, key or a column is missing. `reader` names who reads: no
   * other feed anywhere has the same, and this one keeps it over restarts and renames as long as it keeps its Positions. Empty: somebody who only
   * looks, and for whom nothing is written in the source. */
  int32_t (*open_stream)(mg_connection*, const mg_setting*, size_t, mg_str reader, mg_stream** out, mg_error*);
  /* Records after `position` (empty: from the beginning). On an error nothing of this call counts, and the stream stays usable
   * unless the code is MG_RECONNECT. Reading again from the same Position gives the same or newer records. */
  int32_t (*read)(mg_stream*, mg_str position, const mg_limits*, const mg_sink*, mg_progress* out, mg_error*);
  /* The present records of the given keys, each `key_width` values in key order, keys one behind the other; a key that is not
   * there is not emitted. The host asks this before it deletes what a scan did not show. */
  int32_t (*lookup)(mg_stream*, const mg_value* keys, size_t key_count, size_t key_width, const mg_sink*, mg_error*);
  /* What was read up to this Position is durable at the host, and no earlier Position will ever be asked for: the source may forget what it
   * keeps for this reader. Called now and then, between reads. The stream stays usable unless the code is MG_RECONNECT. */
  int32_t (*settled)(mg_stream*, mg_str position, mg_error*);
  void (*close_stream)(mg_stream*);
  void (*cancel)(mg_connection*);
  void (*close)(mg_connection*);
  /* Optional, NULL: this kind of source checks no passwords. Asks the source whether this is the password of the person who has a record in a stream of
   * these settings, as that person and on a connection of its own, which it leaves nothing of. MG_AUTH: it is not, or there is no such person; any other
   * failure says nothing of them. An empty password is refused without asking. */
  int32_t (*verify)(mg_connection*, const mg_setting*, size_t, const mg_person*, mg_error*);

  /* The writer: all of these, or all NULL where this kind of source takes nothing. A writer is used by one thread at a time; cancel() of its connection
   * ends its calls too. */
  const mg_option* writer_options;
  size_t writer_option_count;
  /* Reaches what would be written and says what stands in the way; `warn` gets what should be otherwise. Writes nothing, and disturbs no writer. */
  int32_t (*probe_writer)(mg_connection*, const mg_setting*, size_t, const mg_text* warn, mg_error*);
  /* Takes the settings; does not yet reach out. */
  int32_t (*open_writer)(mg_connection*, const mg_setting*, size_t, const mg_feed*, mg_writer** out, mg_error*);
  /* Called once, before anything else: from then on no other writer of this feed can write there, and what an earlier one left unfinished is settled. */
  int32_t (*resume)(mg_writer*, mg_written* out, mg_error*);
  /* All that is there, each id's in their order: the last one counts. */
  int32_t (*fold)(mg_writer*, const mg_held_sink*, mg_error*);
  /* All of it or nothing; durable on MG_OK. `through`: with these, all entries up to this seq are there; 0: that is not so yet, and who resumes must
   * compare. On an error it is not known whether they were written: the writer is closed, and a new one resumed. MG_CONFLICT: another one has taken over. */
  int32_t (*write)(mg_writer*, const mg_entry* entries, size_t count, uint64_t through, mg_error*);
  void (*close_writer)(mg_writer*);
} mg_connector_module;

/* The one exported symbol. Returns NULL when it cannot serve a host of this ABI. */
#if defined(__GNUC__)
#define MG_EXPORT __attribute__((visibility("default")))
#else
#define MG_EXPORT
#endif
MG_EXPORT const mg_connector_module* mg_connector_entry(uint32_t host_abi);

#ifdef __cplusplus
}
#endif

#endif
