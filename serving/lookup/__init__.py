"""Keyed lookup (请求响应的调用服务, Yancheng a20¶2): the default way of sharing, one subject at a time.

Here: finding the grant that a purpose rests on, answering for keys, and verifying values by yes or no (接口核验). Not
here: who calls (``serving.sharing`` admits), nor indexes (``lake.lookup_index``).
"""
