"""``wisebook-ml api``: the REST API and the pages."""

import gc
from typing import Any

import click
import uvicorn

from wisebook_ml.api import create_api
from wisebook_ml.cli.failures import saying
from wisebook_ml.monitoring.logs import configure_logging
from wisebook_ml.monitoring.watch import Watch
from wisebook_ml.settings import Settings, get_settings
from wisebook_ml.storage import StorageError

__all__ = ["api"]

GC_THRESHOLD = 50_000
"""Objects between two collections of the youngest generation: those of many requests, which live briefly."""


@click.command()
@click.option("--host", help="Address to listen on. [default: WISEBOOK_ML_API_HOST, else 127.0.0.1]")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Port; 0: any free one. [default: WISEBOOK_ML_API_PORT, else 8888]"
)
def api(host: str | None, port: int | None) -> None:
    """Serve the REST API over HTTP until told to stop; who may call it, `wisebook-ml tokens` says."""
    settings = get_settings()
    _serve(settings, settings.api_host if host is None else host, settings.api_port if port is None else port)


def _serve(settings: Settings, host: str, port: int) -> None:
    certificate, key = settings.api_tls_certificate, settings.api_tls_key
    for path in (certificate, key):
        if path is not None and not path.is_file():
            raise click.ClickException(f"There is no file {path}, which should hold the certificate or its key.")
    if (certificate is None) != (key is None):
        raise click.ClickException("WISEBOOK_ML_API_TLS_CERTIFICATE and WISEBOOK_ML_API_TLS_KEY go together.")
    with saying(StorageError):
        app = create_api(settings)
    configure_logging("api", settings.log_format, "INFO")
    # Its loggers pass on to ours: one format for all that the process says.
    config: dict[str, Any] = {} if settings.log_format == "text" else {"log_config": None}
    # What was made up to here stays; looking through it again and again would keep requests waiting.
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD)
    with Watch("api", settings):
        uvicorn.run(
            app,
            host=host,
            port=port,
            server_header=False,
            proxy_headers=False,  # the app believes those of the settings
            ssl_certfile=certificate,
            ssl_keyfile=key,
            **config,
        )
