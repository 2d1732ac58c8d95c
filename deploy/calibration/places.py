"""ZIPs, towns and counties as the places that the rules are asked about, known for certain.

Called by `agreement` and `picture`. Resolves no text.
"""

from streams.reading.places.locality import COUNTRY
from streams.reading.places.names import City, County, Zip
from streams.reading.places.place import Place


def of_zip(one: Zip) -> Place:
    """A ZIP, known as one."""
    where = (COUNTRY, one.state, one.city, one.latitude, one.longitude)
    return Place(*where, "zip", "profile", 100, county=one.county, hsa=one.hsa, hrr=one.hrr, zip=one.zip)


def of_city(one: City) -> Place:
    """A town, known by its name."""
    where = (COUNTRY, one.admin1, one.name, one.latitude, one.longitude)
    return Place(*where, "city", "profile", 100, county=one.county, hsa=one.hsa, hrr=one.hrr)


def of_county(one: County) -> Place:
    """A county, known by its name."""
    where = (COUNTRY, one.state, "", one.latitude, one.longitude)
    return Place(*where, "county", "profile", 100, county=one.fips, hsa=one.hsa, hrr=one.hrr)
