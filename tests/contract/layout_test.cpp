#include <cstddef>

#include "connectors/sdk/connector.h"

// The bytes that cross the border. A change here breaks every connector that is built: it needs another MG_CONNECTOR_ABI.

static_assert(MG_CONNECTOR_ABI == 1);

#define SIZE(type, bytes) static_assert(sizeof(type) == (bytes))
#define MEMBER(type, member, at) static_assert(offsetof(type, member) == (at))

#if __SIZEOF_POINTER__ == 8
SIZE(mg_str, 16);
MEMBER(mg_str, data, 0);
MEMBER(mg_str, size, 8);

SIZE(mg_error, 1024);
MEMBER(mg_error, code, 0);
MEMBER(mg_error, message, 4);

SIZE(mg_value, 24);
MEMBER(mg_value, kind, 0);
MEMBER(mg_value, reserved, 4);
MEMBER(mg_value, i, 8);
MEMBER(mg_value, u, 8);
MEMBER(mg_value, f, 8);
MEMBER(mg_value, s, 8);

SIZE(mg_column, 48);
MEMBER(mg_column, size, 0);
MEMBER(mg_column, type, 4);
MEMBER(mg_column, name, 8);
MEMBER(mg_column, native, 24);
MEMBER(mg_column, nullable, 40);
MEMBER(mg_column, reserved, 41);
MEMBER(mg_column, key, 44);

SIZE(mg_record, 72);
MEMBER(mg_record, size, 0);
MEMBER(mg_record, operation, 4);
MEMBER(mg_record, values, 8);
MEMBER(mg_record, value_count, 16);
MEMBER(mg_record, source_time_us, 24);
MEMBER(mg_record, fault, 32);
MEMBER(mg_record, raw, 48);
MEMBER(mg_record, late, 64);
MEMBER(mg_record, reserved, 65);

SIZE(mg_sink, 32);
MEMBER(mg_sink, size, 0);
MEMBER(mg_sink, ctx, 8);
MEMBER(mg_sink, columns, 16);
MEMBER(mg_sink, emit, 24);

SIZE(mg_host, 24);
MEMBER(mg_host, size, 0);
MEMBER(mg_host, ctx, 8);
MEMBER(mg_host, log, 16);

SIZE(mg_option, 64);
MEMBER(mg_option, size, 0);
MEMBER(mg_option, type, 4);
MEMBER(mg_option, name, 8);
MEMBER(mg_option, fallback, 24);
MEMBER(mg_option, help, 40);
MEMBER(mg_option, required, 56);
MEMBER(mg_option, secret, 57);
MEMBER(mg_option, any_name, 58);
MEMBER(mg_option, pace, 59);
MEMBER(mg_option, stream_name, 60);

SIZE(mg_setting, 32);
MEMBER(mg_setting, name, 0);
MEMBER(mg_setting, value, 16);

SIZE(mg_limits, 32);
MEMBER(mg_limits, size, 0);
MEMBER(mg_limits, max_wait_ms, 4);
MEMBER(mg_limits, max_records, 8);
MEMBER(mg_limits, max_bytes, 16);
MEMBER(mg_limits, flags, 24);
MEMBER(mg_limits, reserved, 28);

SIZE(mg_progress, 64);
MEMBER(mg_progress, size, 0);
MEMBER(mg_progress, flags, 4);
MEMBER(mg_progress, position, 8);
MEMBER(mg_progress, as_of_us, 24);
MEMBER(mg_progress, total, 32);
MEMBER(mg_progress, note, 40);
MEMBER(mg_progress, kept, 56);

SIZE(mg_found, 72);
MEMBER(mg_found, size, 0);
MEMBER(mg_found, own, 4);
MEMBER(mg_found, name, 8);
MEMBER(mg_found, group, 24);
MEMBER(mg_found, title, 40);
MEMBER(mg_found, columns, 56);
MEMBER(mg_found, column_count, 64);

SIZE(mg_catalog, 24);
MEMBER(mg_catalog, size, 0);
MEMBER(mg_catalog, names_only, 4);
MEMBER(mg_catalog, ctx, 8);
MEMBER(mg_catalog, stream, 16);

SIZE(mg_setup, 48);
MEMBER(mg_setup, size, 0);
MEMBER(mg_setup, action, 4);
MEMBER(mg_setup, tell, 8);
MEMBER(mg_setup, reserved, 9);
MEMBER(mg_setup, login, 16);
MEMBER(mg_setup, login_count, 24);
MEMBER(mg_setup, reader, 32);

SIZE(mg_text, 24);
MEMBER(mg_text, size, 0);
MEMBER(mg_text, ctx, 8);
MEMBER(mg_text, say, 16);

SIZE(mg_person, 56);
MEMBER(mg_person, key, 8);
MEMBER(mg_person, name, 24);
MEMBER(mg_person, password, 40);

SIZE(mg_feed, 56);
MEMBER(mg_feed, size, 0);
MEMBER(mg_feed, name, 8);
MEMBER(mg_feed, uid, 24);
MEMBER(mg_feed, epoch, 40);

SIZE(mg_entry, 96);
MEMBER(mg_entry, size, 0);
MEMBER(mg_entry, gone, 4);
MEMBER(mg_entry, seq, 8);
MEMBER(mg_entry, id, 16);
MEMBER(mg_entry, rev, 32);
MEMBER(mg_entry, at, 48);
MEMBER(mg_entry, content, 64);
MEMBER(mg_entry, partitions, 80);
MEMBER(mg_entry, partition_count, 88);

SIZE(mg_written, 16);
MEMBER(mg_written, size, 0);
MEMBER(mg_written, known, 4);
MEMBER(mg_written, through, 8);

SIZE(mg_held, 56);
MEMBER(mg_held, size, 0);
MEMBER(mg_held, gone, 4);
MEMBER(mg_held, foreign, 5);
MEMBER(mg_held, id, 8);
MEMBER(mg_held, rev, 24);
MEMBER(mg_held, partitions, 40);
MEMBER(mg_held, partition_count, 48);

SIZE(mg_held_sink, 24);
MEMBER(mg_held_sink, size, 0);
MEMBER(mg_held_sink, ctx, 8);
MEMBER(mg_held_sink, held, 16);

SIZE(mg_connector_module, 248);
MEMBER(mg_connector_module, abi, 0);
MEMBER(mg_connector_module, size, 4);
MEMBER(mg_connector_module, name, 8);
MEMBER(mg_connector_module, version, 24);
MEMBER(mg_connector_module, summary, 40);
MEMBER(mg_connector_module, connection_options, 56);
MEMBER(mg_connector_module, connection_option_count, 64);
MEMBER(mg_connector_module, stream_options, 72);
MEMBER(mg_connector_module, stream_option_count, 80);
MEMBER(mg_connector_module, open, 88);
MEMBER(mg_connector_module, check, 96);
MEMBER(mg_connector_module, discover, 104);
MEMBER(mg_connector_module, setup, 112);
MEMBER(mg_connector_module, open_stream, 120);
MEMBER(mg_connector_module, read, 128);
MEMBER(mg_connector_module, lookup, 136);
MEMBER(mg_connector_module, settled, 144);
MEMBER(mg_connector_module, close_stream, 152);
MEMBER(mg_connector_module, cancel, 160);
MEMBER(mg_connector_module, close, 168);
MEMBER(mg_connector_module, verify, 176);
MEMBER(mg_connector_module, writer_options, 184);
MEMBER(mg_connector_module, writer_option_count, 192);
MEMBER(mg_connector_module, probe_writer, 200);
MEMBER(mg_connector_module, open_writer, 208);
MEMBER(mg_connector_module, resume, 216);
MEMBER(mg_connector_module, fold, 224);
MEMBER(mg_connector_module, write, 232);
MEMBER(mg_connector_module, close_writer, 240);
#endif

// The numbers of codes, kinds and flags are part of it.
static_assert(MG_OK == 0 && MG_RETRY == 1 && MG_RECONNECT == 2 && MG_AUTH == 3 && MG_CONFIG == 4 && MG_BAD_RECORD == 5 && MG_GONE == 6 &&
              MG_UNSUPPORTED == 7 && MG_INTERNAL == 8 && MG_CANCELLED == 9 && MG_CONFLICT == 10);
static_assert(MG_NULL == 0 && MG_BOOL == 1 && MG_INT64 == 2 && MG_UINT64 == 3 && MG_FLOAT32 == 4 && MG_FLOAT64 == 5 && MG_DECIMAL == 6 &&
              MG_TEXT == 7 && MG_BYTES == 8 && MG_DATE == 9 && MG_TIME == 10 && MG_TIMESTAMP == 11 && MG_TIMESTAMPTZ == 12 && MG_UUID == 13 &&
              MG_JSON == 14);
static_assert(MG_UPSERT == 0 && MG_DELETE == 1 && MG_PRESENT == 2);
static_assert(MG_SCAN_BEGAN == 1 && MG_SCAN_ENDED == 2 && MG_SCANNING == 4 && MG_IDLE == 8 && MG_SCANS_AGAIN == 16 && MG_SCAN_WAITS == 32 && MG_OPEN == 64 && MG_LISTENS == 128);
static_assert(MG_SETUP_INSTALL == 0 && MG_SETUP_REMOVE == 1 && MG_SETUP_STATE == 2);
static_assert(MG_OPTION_TEXT == 0 && MG_OPTION_INTEGER == 1 && MG_OPTION_BOOLEAN == 2 && MG_OPTION_DURATION == 3 && MG_OPTION_SIZE == 4 &&
              MG_OPTION_LIST == 5 && MG_OPTION_PATH == 6);
