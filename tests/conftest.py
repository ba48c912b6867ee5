"""What all tests share comes from two plugins."""

pytest_plugins = ["pytester", "tests.docker_switch", "tests.docker_fixtures"]
