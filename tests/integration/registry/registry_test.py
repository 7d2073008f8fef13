#!/usr/bin/env python3
"""Gives the registry's client a real registry and one with every fault, and runs its cases."""

import argparse
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "..", "services"), os.path.join(HERE, "..", "..", "fault")]
from authority import Authority
from faulty_registry import PASSWORD, USER, FaultyRegistry
from registry import Registry

ADDRESS = '{"type":"record","name":"Address","namespace":"corp","fields":[{"name":"street","type":"string"}]}'
ORDER = '{"type":"record","name":"Order","fields":[{"name":"no","type":"long"},{"name":"to","type":"corp.Address"}]}'
CITY = 'syntax = "proto3"; package corp; message City { string name = 1; }'
VISIT = 'syntax = "proto3"; import "corp/city.proto"; import "google/protobuf/timestamp.proto"; message Visit { corp.City city = 1; google.protobuf.Timestamp at = 2; uint64 big = 3; }'
STOCK = '{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","properties":{"id":{"type":"integer"},"price":{"type":"number"}}}'


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    program = arguments.parse_args().program
    with tempfile.TemporaryDirectory(prefix="meshgate-registry.") as folder:
        os.makedirs(os.path.join(folder, "certificates"))
        authority = Authority(os.path.join(folder, "certificates"))
        authority.sign("registry")
        faulty = FaultyRegistry()
        secure = FaultyRegistry(authority.path("registry.pem"), authority.path("registry.key"))
        registry = Registry(os.path.join(folder, "registry"))
        try:
            registry.start()
            registry.register("corp.Address", "AVRO", ADDRESS)
            avro = registry.register("orders-value", "AVRO", ORDER, [("corp.Address", "corp.Address", 1)])
            registry.register("city", "PROTOBUF", CITY)
            protobuf = registry.register("visits-value", "PROTOBUF", VISIT, [("corp/city.proto", "city", 1)])
            stock = registry.register("stock-value", "JSON", STOCK)
            environment = {**os.environ, "MESHGATE_TEST_REGISTRY": registry.url, "MESHGATE_TEST_AVRO": str(avro), "MESHGATE_TEST_PROTOBUF": str(protobuf),
                           "MESHGATE_TEST_JSON": str(stock), "MESHGATE_TEST_FAULTY": faulty.url, "MESHGATE_TEST_SECURE": secure.url,
                           "MESHGATE_TEST_CA": authority.certificate, "MESHGATE_TEST_REGISTRY_USER": USER, "MESHGATE_TEST_REGISTRY_PASSWORD": PASSWORD}
            sys.exit(subprocess.run([program], env=environment, timeout=120).returncode)
        finally:
            registry.stop()
            faulty.stop()
            secure.stop()


if __name__ == "__main__":
    main()
