"""The SIP protocol, free of I/O: messages, transactions, dialogs, registrar, legs."""
