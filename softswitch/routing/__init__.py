"""Where a call goes: one pure function and the plan that it returns."""
