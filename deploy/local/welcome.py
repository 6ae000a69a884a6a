"""What `run` tells a newcomer once the stack is up: addresses, a token, and calls to try."""

from datetime import timedelta

from deploy.local.stack import Stack

_SCOPES = (
    "audience.read",
    "audience.write",
    "campaign.read",
    "campaign.write",
    "campaign.send",
    "campaign.resolve",
    "report.read",
    "channel.admin",
    "platform.admin",
)
_LIFETIME = timedelta(hours=12)

_TEXT = """\
Outreach is up. Ctrl-C stops it.

  audience    {audience}   channels, audiences, contact lists
  delivery    {delivery}   campaigns, the send ledger
  reporting   {reporting}   reports
  NATS        {nats}
  PostgreSQL  {postgres}
  sandbox     {sandbox}   stands in for LINE and HubSpot
  logs        {folder}

A token for every channel and every scope, good for {hours} hours:

  export OUTREACH_TOKEN={token}

Try, in another shell at the root of the checkout:

  PYTHONPATH=services .venv/bin/python - <<'EOF'
  import os, grpc
  from outreach.audience.v1 import channel_pb2, channel_pb2_grpc
  channels = channel_pb2_grpc.ChannelServiceStub(grpc.insecure_channel("{audience}"))
  token = ("authorization", "Bearer " + os.environ["OUTREACH_TOKEN"])
  print(channels.ListChannels(channel_pb2.ListChannelsRequest(), metadata=[token]))
  EOF

or, since the services have reflection, with a tool such as grpcurl:

  grpcurl -plaintext -H "authorization: Bearer $OUTREACH_TOKEN" {delivery} list

The operator's command, with the same token:

  PYTHONPATH=services .venv/bin/python -m outreach_client ledger state \\
    --audience {audience} --delivery {delivery} --reporting {reporting}
"""


def describe(stack: Stack) -> str:
    """Return the text; it holds a token that is good on this stack alone."""
    return _TEXT.format(
        **stack.addresses,
        nats=stack.nats_url,
        postgres=stack.postgres.url("audience"),
        sandbox=stack.sandbox_url,
        folder=stack.folder,
        hours=int(_LIFETIME.total_seconds()) // 3600,
        token=stack.token("user:newcomer", scopes=_SCOPES, lifetime=_LIFETIME),
    )
