"""The options that every command which runs scenarios shares, and the request that they make."""

import secrets
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness import bounds, plan, scenario, services
from harness.errors import UsageError

if TYPE_CHECKING:
    from harness.session import Request


class Folder(click.Path):
    """A folder's path. An empty one, as a variable that is not set leaves it, would be the present one."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path. Raises click.BadParameter."""
        if value == "":
            self.fail("the name of the folder is empty", param, ctx)
        return super().convert(value, param, ctx)


ALL_WITHIN_S = 240.0
"""for the whole catalogue, which is to take five minutes with all that stands before and after its trials"""
Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def run_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that every command which runs scenarios shares."""
    options: list[Decorator] = [
        click.option("--writers", type=int, help="Writer containers, 1 to 256."),
        click.option("--records", type=int, help="Records per writer and trial."),
        click.option("--record-size", metavar="A[:B]", help="Bytes per record, or a range; newline included."),
        click.option("--trials", type=int, help="Trials per case; the more, the narrower the intervals."),
        click.option("--duration", type=float, metavar="S", help="Seconds per trial, instead of a number of records."),
        click.option(
            "--storage",
            metavar="KIND[,KIND…]",
            help="volume, bind, bind:/path, tmpfs, image:xfs, image:btrfs, image:ext4.",
        ),
        click.option(
            "--time-limit",
            type=float,
            metavar="S",
            help="Begin no round of trials that would end after S seconds; the first is always run.",
        ),
        click.option(
            "--engine",
            type=click.Choice(["auto", "docker", "local"]),
            default="auto",
            show_default=True,
            help="Where writers live: in containers, or as processes of this host. auto: in containers where it can.",
        ),
        click.option("--seed", type=int, help="Repeat a run's plan and record sizes."),
        click.option(
            "--case",
            "cases",
            multiple=True,
            metavar="NAME",
            help="Only this case, as CASE or SCENARIO/CASE, and its control; may be repeated.",
        ),
        click.option("--keep-data", is_flag=True, help="Keep the files and journals of every trial with the results."),
        click.option(
            "--results",
            type=Folder(),
            default=Path("results"),
            show_default=True,
            help="Where runs are stored.",
        ),
        click.option(
            "--amplify",
            is_flag=True,
            help="Yield and sleep at random between a strategy's own steps, so that rare races show in few trials.",
        ),
        click.option(
            "--allow-skipped",
            is_flag=True,
            help="Cases that this host cannot run do not make the run inconclusive, unless nothing else was run.",
        ),
        *map(_image_option, services.names()),
        click.option("--json", "as_json", is_flag=True, help="Print the result document and nothing else."),
        click.option("--quiet", is_flag=True, help="No progress, no notices."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def _image_option(name: str) -> Decorator:
    official = services.load(name).official_image.name
    told = f"Run the {name} server from this image, such as {official}, instead of this host's program."
    return click.option(f"--{name}-image", metavar="IMAGE", help=told)


def request(scenarios: Sequence[str], options: dict[str, Any]) -> "Request":
    """What the options ask for. Raises UsageError."""
    from harness.session import Request

    limit_s = options["time_limit"]
    return Request(
        scenarios=[scenario.load(one) for one in dict.fromkeys(scenarios)],
        overrides=_overrides(options),
        engine=options["engine"],
        seed=options["seed"] if options["seed"] is not None else secrets.randbits(32),
        results=options["results"],
        keep_data=options["keep_data"],
        allow_skipped=options["allow_skipped"],
        time_limit_s=None if limit_s is None else bounds.check_time_limit(limit_s, "--time-limit"),
        service_images=_images(options),
        command=["harness", *sys.argv[1:]],
    )


def notice(text: str) -> None:
    """Tell the user something that is no data."""
    click.echo(text, err=True)


def notice_unless(quiet: bool) -> Callable[[str], None]:
    """`notice`, or nothing at all."""
    return (lambda _text: None) if quiet else notice


def _images(options: dict[str, Any]) -> dict[str, str]:
    """The images to run servers from. Raises UsageError."""
    images = {name: image for name in services.names() if (image := options[f"{name}_image"]) is not None}
    for name, image in images.items():
        if not image.strip():
            raise UsageError(
                f"--{name}-image: the name of the image is empty",
                "Name one, or leave the option out for this host's own",
            )
    return images


def _overrides(options: dict[str, Any]) -> plan.Overrides:
    storages = options["storage"]
    return plan.Overrides(
        writers=options["writers"],
        records=options["records"],
        record_bytes=_size_range(options["record_size"]),
        trials=options["trials"],
        duration_s=options["duration"],
        storages=None if storages is None else tuple(storages.split(",")),
        cases=options["cases"],
        amplify=options["amplify"],
    )


def _size_range(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    low, colon, high = text.partition(":")
    if not low.isdecimal() or (colon and not high.isdecimal()):
        raise UsageError(f"--record-size: {text!r} is no size", "Write a number of bytes, or smallest:largest")
    return int(low), int(high) if colon else int(low)
