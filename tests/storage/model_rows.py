"""Models as something else has left them: set in their rows, past the registry."""

from sqlalchemy import update

from wisebook_ml.storage import ModelRegistry
from wisebook_ml.storage.engine import writing
from wisebook_ml.storage.model_tables import ModeleML


def left(registry: ModelRegistry, modele_id: int, **values: object) -> None:
    """Set columns of a model."""
    with writing(registry._engine) as connection:
        connection.execute(
            update(ModeleML).where(ModeleML.id == modele_id).values(**values, updated_at=registry._clock())
        )
