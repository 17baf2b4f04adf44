-- Prosody for the benches: XMPP over WebSocket on loopback, passwords in the clear, no limits.
pidfile = "@RUN@/prosody.pid"
data_path = "@RUN@/data"
log = { warn = "@RUN@/prosody.log" }
network_backend = "epoll"
interfaces = { "127.0.0.1" }
c2s_ports = { }
s2s_ports = { }
http_ports = { 15280 }
http_interfaces = { "127.0.0.1" }
https_ports = { }
modules_enabled = {
  "roster", "saslauth", "disco", "websocket", "smacks", "presence", "message", "iq", "offline", "carbons",
  "csi_simple", "ping", "private",
}
modules_disabled = { "s2s", "tls" }
authentication = "internal_plain"
storage = "internal"
allow_unencrypted_plain_auth = true
c2s_require_encryption = false
consider_websocket_secure = true
cross_domain_websocket = true
limits = { }
gc = { mode = "generational" }
VirtualHost "localhost"
