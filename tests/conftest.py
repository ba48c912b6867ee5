"""What all tests share comes from plugins."""

pytest_plugins = ["pytester", "tests.docker_switch", "tests.docker_fixtures", "tests.browser", "tests.signals"]
