"""The errors that Relief raises on purpose. Each message names the value and the limit, for a person to read."""


class ReliefError(Exception):
    """Base of every error that Relief raises on purpose."""


class SettingsError(ReliefError):
    """A setting from the environment is missing or wrong."""


class PhotoError(ReliefError):
    """The photo cannot be used; the message says why and what would work."""


class PhotoTooLargeError(PhotoError):
    """The upload has more bytes than allowed."""


class PhotoTypeError(PhotoError):
    """The upload is not a JPEG or PNG image."""


class NoFaceError(PhotoError):
    """No face was found in the photo."""


class DisparityError(ReliefError):
    """The disparity map that came with a photo cannot be used; the message says why."""


class PointsError(ReliefError):
    """The point map that came with a photo cannot be used; the message says why."""


class ModelError(ReliefError):
    """A depth model is unknown or cannot run here."""


class WeightsError(ModelError):
    """A weights file is absent, wrong, or could not be fetched."""


class CloudFormatError(ReliefError):
    """The bytes are not a point cloud of a version that this code reads."""


class HeadFormatError(ReliefError):
    """The bytes are not a whole head of a version that this code reads."""


class JobNotFoundError(ReliefError):
    """No job has that id."""


class JobConflictError(ReliefError):
    """The job is not in a state that allows what was asked."""


class ClaimLostError(ReliefError):
    """The claim on the job has passed to another run, or the job was canceled or deleted."""


class IdempotencyError(ReliefError):
    """The Idempotency-Key was sent before with another body."""


class LimitError(ReliefError):
    """The user has as much here as one may have."""


class BusyError(ReliefError):
    """More jobs wait, more is stored, or more photos are being read, than the service takes on."""


class WebhookUrlError(ReliefError):
    """A webhook's URL is wrong, or leads to a host that must not be called."""
