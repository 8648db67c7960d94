"""A deployment whose catalogue is drafted from the files of a municipal portal, and taken in as it stands."""
