"""What all tests share comes from three plugins."""

pytest_plugins = ["pytester", "tests.docker_switch", "tests.docker_fixtures", "tests.browser"]
