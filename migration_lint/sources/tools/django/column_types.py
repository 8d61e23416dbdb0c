"""The columns of Django's fields in PostgreSQL.

https://github.com/django/django/blob/main/django/db/backends/postgresql/base.py (``data_types``); compared
with what Django runs in the tests. Fields of other packages are as the packages themselves define them.
"""

from __future__ import annotations

PLAIN = {
    "AutoField": "integer",
    "BigAutoField": "bigint",
    "BigIntegerField": "bigint",
    "BinaryField": "bytea",
    "BooleanField": "boolean",
    "DateField": "date",
    "DateTimeField": "timestamp with time zone",
    "DurationField": "interval",
    "FloatField": "double precision",
    "GenericIPAddressField": "inet",
    "IPAddressField": "inet",
    "IntegerField": "integer",
    "JSONField": "jsonb",
    "NullBooleanField": "boolean",
    "PositiveBigIntegerField": "bigint",
    "PositiveIntegerField": "integer",
    "PositiveSmallIntegerField": "smallint",
    "SmallAutoField": "smallint",
    "SmallIntegerField": "smallint",
    "TextField": "text",
    "TimeField": "time",
    "UUIDField": "uuid",
    # django.contrib.postgres
    "BigIntegerRangeField": "int8range",
    "DateRangeField": "daterange",
    "DateTimeRangeField": "tstzrange",
    "DecimalRangeField": "numrange",
    "HStoreField": "hstore",
    "IntegerRangeField": "int4range",
    "SearchVectorField": "tsvector",
    "CITextField": "citext",
    "CICharField": "citext",
    "CIEmailField": "citext",
    "OrderWrt": "integer",
}
SIZED = {
    "CharField": None,
    "CommaSeparatedIntegerField": None,
    "EmailField": 254,
    "FileField": 100,
    "FilePathField": 100,
    "ImageField": 100,
    "SlugField": 50,
    "URLField": 200,
}
"""``varchar`` with the ``max_length`` that it has where none is given."""
INTERNAL = {
    "EmailField": "CharField",
    "URLField": "CharField",
    "CommaSeparatedIntegerField": "CharField",
    "ImageField": "FileField",
    "NullBooleanField": "BooleanField",
    "CICharField": "CITextField",
    "CIEmailField": "CITextField",
}
"""The kind by which Django tells whether a type changes."""
AUTO = frozenset({"AutoField", "BigAutoField", "SmallAutoField"})
POSITIVE = frozenset({"PositiveBigIntegerField", "PositiveIntegerField", "PositiveSmallIntegerField"})
SHAPES = {
    "GeometryField": "GEOMETRY",
    "PointField": "POINT",
    "LineStringField": "LINESTRING",
    "PolygonField": "POLYGON",
    "MultiPointField": "MULTIPOINT",
    "MultiLineStringField": "MULTILINESTRING",
    "MultiPolygonField": "MULTIPOLYGON",
    "GeometryCollectionField": "GEOMETRYCOLLECTION",
}
"""Of django.contrib.gis."""
RELATIONS = frozenset({"ForeignKey", "OneToOneField", "ManyToManyField"})

MODULES = (
    "django.db.models.",
    "django.contrib.postgres.",
    "django.contrib.gis.db.models.",
    "django.contrib.gis.geos.",
)

ELSEWHERE: dict[str, str] = {
    # Ours to know, as half of all projects use one of them; each is the class's own base.
    "mptt.fields.TreeForeignKey": "ForeignKey",
    "mptt.fields.TreeOneToOneField": "OneToOneField",
    "mptt.fields.TreeManyToManyField": "ManyToManyField",
    "modelcluster.fields.ParentalKey": "ForeignKey",
    "modelcluster.fields.ParentalManyToManyField": "ManyToManyField",
    "simple_history.models.HistoricForeignKey": "ForeignKey",
    "autoslug.fields.AutoSlugField": "SlugField",
    "ckeditor.fields.RichTextField": "TextField",
    "ckeditor_uploader.fields.RichTextUploadingField": "TextField",
    "tinymce.models.HTMLField": "TextField",
    "markdownx.models.MarkdownxField": "TextField",
    "model_utils.fields.AutoCreatedField": "DateTimeField",
    "model_utils.fields.AutoLastModifiedField": "DateTimeField",
    "model_utils.fields.MonitorField": "DateTimeField",
    "model_utils.fields.StatusField": "CharField",
    "model_utils.fields.UUIDField": "UUIDField",
    "django_extensions.db.fields.AutoSlugField": "SlugField",
    "django_extensions.db.fields.CreationDateTimeField": "DateTimeField",
    "django_extensions.db.fields.ModificationDateTimeField": "DateTimeField",
    "django_extensions.db.fields.RandomCharField": "CharField",
    "django_extensions.db.fields.json.JSONField": "TextField",
    "django_countries.fields.CountryField": "CharField",
    "phonenumber_field.modelfields.PhoneNumberField": "CharField",
    "timezone_field.fields.TimeZoneField": "CharField",
    "djmoney.models.fields.MoneyField": "DecimalField",
    "djmoney.models.fields.CurrencyField": "CharField",
    "i18nfield.fields.I18nCharField": "TextField",
    "i18nfield.fields.I18nTextField": "TextField",
    "jsonfield.fields.JSONField": "TextField",
    "jsonfield.JSONField": "TextField",
    "picklefield.fields.PickledObjectField": "TextField",
    "colorfield.fields.ColorField": "CharField",
    "easy_thumbnails.fields.ThumbnailerImageField": "FileField",
    "versatileimagefield.fields.VersatileImageField": "FileField",
    "versatileimagefield.fields.PPOIField": "CharField",
    "imagekit.models.fields.ProcessedImageField": "FileField",
    "sorl.thumbnail.fields.ImageField": "FileField",
    "wagtail.fields.StreamField": "TextField",
    "wagtail.core.fields.StreamField": "TextField",
    "wagtail.fields.RichTextField": "TextField",
    "wagtail.core.fields.RichTextField": "TextField",
    "wagtail.images.models.WagtailImageField": "FileField",
    "wagtail.contrib.table_block.fields.TableField": "TextField",
    "oauth2_provider.models.ClientSecretField": "CharField",
    "django_jsonform.models.fields.JSONField": "JSONField",
    "django.contrib.postgres.fields.jsonb.JSONField": "JSONField",
    "multiselectfield.db.fields.MultiSelectField": "CharField",
    "recurrence.fields.RecurrenceField": "TextField",
    "encrypted_fields.fields.EncryptedCharField": "TextField",
    "encrypted_fields.fields.EncryptedTextField": "TextField",
    "fernet_fields.fields.EncryptedTextField": "BinaryField",
    "fernet_fields.fields.EncryptedCharField": "BinaryField",
}
LENGTHS = {
    "django_countries.fields.CountryField": 2,
    "phonenumber_field.modelfields.PhoneNumberField": 128,
    "timezone_field.fields.TimeZoneField": 63,
    "djmoney.models.fields.CurrencyField": 3,
    "colorfield.fields.ColorField": 25,
    "django_extensions.db.fields.AutoSlugField": 50,
    "model_utils.fields.StatusField": 100,
    "oauth2_provider.models.ClientSecretField": 255,
    "versatileimagefield.fields.PPOIField": 20,
}
"""``max_length`` where none is given."""
WITHOUT_COLUMN = frozenset(
    {
        "taggit.managers.TaggableManager",
        "modelcluster.contrib.taggit.ClusterTaggableManager",
        "django.contrib.contenttypes.fields.GenericForeignKey",
        "django.contrib.contenttypes.fields.GenericRelation",
        "django.db.models.CompositePrimaryKey",
        "django.db.models.fields.composite.CompositePrimaryKey",
    }
)
"""What is no column: Django makes none."""
OTHERS: dict[tuple[str, str], tuple[str, str, str]] = {
    ("admin", "logentry"): ("django_admin_log", "id", "integer"),
    ("auth", "group"): ("auth_group", "id", "integer"),
    ("auth", "permission"): ("auth_permission", "id", "integer"),
    ("auth", "user"): ("auth_user", "id", "integer"),
    ("contenttypes", "contenttype"): ("django_content_type", "id", "integer"),
    ("flatpages", "flatpage"): ("django_flatpage", "id", "integer"),
    ("redirects", "redirect"): ("django_redirect", "id", "integer"),
    ("sessions", "session"): ("django_session", "session_key", "varchar(40)"),
    ("sites", "site"): ("django_site", "id", "integer"),
}
"""Models of Django's own apps: table, key, its type."""
SWAPPED = {
    "AUTH_USER_MODEL": "auth.User",
    "FILER_IMAGE_MODEL": "filer.Image",
    "OAUTH2_PROVIDER_ACCESS_TOKEN_MODEL": "oauth2_provider.AccessToken",
    "OAUTH2_PROVIDER_APPLICATION_MODEL": "oauth2_provider.Application",
    "OAUTH2_PROVIDER_GRANT_MODEL": "oauth2_provider.Grant",
    "OAUTH2_PROVIDER_ID_TOKEN_MODEL": "oauth2_provider.IDToken",
    "OAUTH2_PROVIDER_REFRESH_TOKEN_MODEL": "oauth2_provider.RefreshToken",
    "WAGTAILDOCS_DOCUMENT_MODEL": "wagtaildocs.Document",
    "WAGTAILIMAGES_IMAGE_MODEL": "wagtailimages.Image",
}
"""The models that settings of packages stand for where the project does not set them."""
