meshgate_fuzz(http_head_fuzz SOURCES http_head_fuzz.cpp LIBS meshgate_net)
meshgate_fuzz(query_fuzz SOURCES query_fuzz.cpp LIBS meshgate_serve)
