"""Judges signatures, forms and answers of AWS by Python's official implementation (botocore)."""

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import botocore.parsers
import botocore.serialize

NAMESPACE = {"ec2": "http://ec2.amazonaws.com/doc/2016-11-15/", "sts": "https://sts.amazonaws.com/doc/2011-06-15/"}


def signature_error(method, url, headers, body, keys):
    """The code of EC2 for a wrong signature, or ""."""
    algorithm, _, rest = headers.get("Authorization", "").partition(" ")
    if algorithm != "AWS4-HMAC-SHA256":
        return "MissingAuthenticationToken"
    fields = dict(field.strip().split("=", 1) for field in rest.split(","))
    access_key, _, region, service, _ = fields["Credential"].split("/")
    if access_key not in keys:
        return "AuthFailure"
    secret, token = keys[access_key]
    if headers.get("X-Amz-Security-Token", "") != token:
        return "AuthFailure"
    signed = fields["SignedHeaders"].split(";")
    if not {"host", "x-amz-date"} <= set(signed) or (token and "x-amz-security-token" not in signed):
        return "SignatureDoesNotMatch"
    request = botocore.awsrequest.AWSRequest(method, url, {name: headers[name] for name in signed}, body)
    request.context["timestamp"] = headers["X-Amz-Date"]
    signer = botocore.auth.SigV4Auth(botocore.credentials.Credentials(access_key, secret, token or None), service, region)
    signature = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
    return "" if signature == fields["Signature"] else "SignatureDoesNotMatch"


class Model:
    """A service of AWS as its official description has it."""

    def __init__(self, session, service, protocol):
        self.service = session.get_service_model(service)
        self.namespace = NAMESPACE[service]
        self.serializer = botocore.serialize.create_serializer(protocol, include_validation=True)
        self.parser = botocore.parsers.create_parser(protocol)

    def meaning(self, form):
        """The parameters of a form. Fails when botocore would send another form for them."""
        operation = self.service.operation_model(form["Action"])
        if form["Version"] != self.service.api_version:
            raise ValueError(f"Version is {form['Version']}")
        shape = operation.input_shape
        meant = {name: value for name, member in shape.members.items()
                 if (value := self._value(form, self._name(name, member), member)) is not None}
        times = {name for name, member in shape.members.items() if member.type_name == "timestamp"}
        again = self.serializer.serialize_to_request(meant, operation)["body"]
        for name, text in form.items():
            if str(again.get(name)) != text and name not in times:
                raise ValueError(f"botocore writes {name}={again.get(name)!r}, not {text!r}")
        return meant

    @staticmethod
    def _name(name, member):
        written = member.serialization.get("name", name)
        return member.serialization.get("queryName", written[0].upper() + written[1:])

    def _value(self, form, prefix, shape):
        if shape.type_name == "list":
            items = []
            while (item := self._value(form, f"{prefix}.{len(items) + 1}", shape.member)) is not None:
                items.append(item)
            return items or None
        if prefix not in form:
            return None
        return {"integer": int, "boolean": "true".__eq__}.get(shape.type_name, str)(form[prefix])

    def check_answer(self, action, body, expected):
        """Does botocore read the list with so many items?"""
        answer = {"status_code": 200, "headers": {}, "body": body}
        parsed = self.parser.parse(answer, self.service.operation_model(action).output_shape)
        found = max((len(value) for value in parsed.values() if isinstance(value, list)), default=-1)
        if found != expected:
            raise ValueError(f"botocore reads {found} items, not {expected}: {parsed}")
