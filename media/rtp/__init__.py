"""RTP and RTCP (RFC 3550): headers, statistics, reports."""
