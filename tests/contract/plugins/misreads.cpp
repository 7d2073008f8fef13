#include <cstring>
#include <string>

#include "tests/contract/plugins/wrong.hpp"

// Does in read() what the Position names; every one of these is against connector.h.

static int32_t misread(mg_stream*, mg_str position, const mg_limits*, const mg_sink* sink, mg_progress* out, mg_error* error) {
  const std::string what(position.data, position.size);
  mg_column columns[] = {wrong::column("id", MG_INT64, 1), wrong::column("shape", MG_NULL), wrong::column("name", MG_TEXT)};
  mg_value values[3] = {};
  values[0].kind = MG_INT64;
  values[0].i = 5;
  values[2].kind = MG_TEXT;
  values[2].s = wrong::text("five");
  mg_record record = wrong::record(values, 3);
  size_t count = 3;

  if (what == "column name twice") columns[2].name = columns[0].name;
  if (what == "column without name") columns[2].name = {};
  if (what == "column name not utf-8") columns[2].name = wrong::text("\xff");
  if (what == "column type") columns[2].type = 77;
  if (what == "column size") columns[1].size = 8;
  if (what == "boolean") columns[0].type = MG_BOOL;
  if (what == "key gap") columns[0].key = 2;
  if (what == "key uncarried") columns[1].key = 2;
  if (what == "column count") count = 1000000;
  if (what == "columns nowhere") sink->columns(sink->ctx, nullptr, 3);
  if (what != "no columns" && what != "columns nowhere") sink->columns(sink->ctx, columns, count);

  if (what == "value count") record.value_count = 2;
  if (what == "values nowhere") record.values = nullptr;
  if (what == "kind unknown") values[0].kind = 77;
  if (what == "kind of another column") values[0] = values[2];
  if (what == "text nowhere") values[2].s = {nullptr, 5};
  if (what == "boolean") values[0].kind = MG_BOOL;
  if (what == "record size") record.size = 3;
  if (what == "operation") record.operation = 9;
  if (what == "fault nowhere") record.fault = {nullptr, 9};
  sink->emit(sink->ctx, what == "record nowhere" ? nullptr : &record);

  out->flags = MG_SCANNING;
  if (what == "flags") out->flags = 1024;
  if (what == "scan flags") out->flags = MG_SCAN_ENDED;
  if (what == "position nowhere") out->position = {nullptr, 5};
  if (what == "position too long") out->position = {what.data(), size_t{1} << 40};
  if (what == "code unknown") return 55;
  if (what == "code bad record") return MG_BAD_RECORD;
  if (what == "message not terminated") {
    std::memset(error->message, 'x', sizeof error->message);
    return MG_RETRY;
  }
  if (what == "message not utf-8") {
    std::strcpy(error->message, "caf\xe9");
    return MG_RETRY;
  }
  return what == "no message" ? MG_AUTH : MG_OK;
}

static int32_t no_stream(mg_connection*, const mg_setting*, size_t count, mg_str reader, mg_stream** out, mg_error* error) {
  // One setting asks for success without a stream.
  if (count == 1) return MG_OK;
  return wrong::open_stream(nullptr, nullptr, 0, reader, out, error);
}

WRONG_PLUGIN((m.read = misread, m.open_stream = no_stream))
