"""The mail engine: slots, envelopes and the SMTP driver are pure or network, without models."""
