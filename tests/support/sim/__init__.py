"""The outside world of eastap, simulated: phone, Exchange, certificates, byte streams (Python standard library)."""
