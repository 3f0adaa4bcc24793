"""How every test is run."""

from hypothesis import settings

# No deadline: a busy machine is no failure. The same examples each time: a failure can be run again.
settings.register_profile("project", deadline=None, derandomize=True)
settings.load_profile("project")
