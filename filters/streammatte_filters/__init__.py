"""The filters that come with streammatte, registered and written as any other package's would be."""
