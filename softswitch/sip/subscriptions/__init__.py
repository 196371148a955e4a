"""Subscriptions at this switch, by SUBSCRIBE and by REFER."""

from softswitch.sip.subscriptions.packages import Package
from softswitch.sip.subscriptions.referrals import FindLeg
from softswitch.sip.subscriptions.subscriptions import Subscriptions

__all__ = ["FindLeg", "Package", "Subscriptions"]
