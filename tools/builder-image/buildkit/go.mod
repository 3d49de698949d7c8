module example.com/builder-image

go 1.26.8

require (
	github.com/moby/buildkit v0.34.2
	github.com/rootless-containers/rootlesskit/v2 v2.3.6
)
exclude (
	github.com/davecgh/go-spew v1.1.2-0.20180830191138-d8f796af33cc
	github.com/pmezard/go-difflib v1.0.1-0.20181226105442-5d4384ee4fb2
)
