# SPDX-License-Identifier: MIT
#
# runtime.py: a container runtime as a kubelet sees it: the CRI over a unix
# socket, its messages made from cri.proto when it is imported.

import subprocess
import tempfile

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory


class Runtime:
    """The runtime.v1 service, its messages made from the .proto at run time."""

    def __init__(self, address, proto):
        with tempfile.NamedTemporaryFile() as out:
            folder, name = proto.rsplit("/", 1)
            subprocess.check_call(["protoc", "-I", folder, "-o", out.name, name])
            files = descriptor_pb2.FileDescriptorSet.FromString(out.read())
        self.pool = descriptor_pool.DescriptorPool()
        self.pool.Add(files.file[0])
        self.factory = message_factory.MessageFactory(self.pool)
        self.methods = self.pool.FindServiceByName("runtime.v1.RuntimeService").methods_by_name
        self.channel = grpc.insecure_channel("unix://" + address)

    def __getattr__(self, name):
        method = self.methods[name]
        ask = self.factory.GetPrototype(method.input_type)
        answer = self.factory.GetPrototype(method.output_type)
        call = self.channel.unary_unary(
            f"/runtime.v1.RuntimeService/{name}", ask.SerializeToString, answer.FromString)
        return lambda **fields: call(ask(**fields), timeout=90)
