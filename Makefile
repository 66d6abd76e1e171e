# Freshet: every command of the repository. `make` alone lists them.
SHELL := /bin/sh
# A copy without git, or without its history, builds the same.
export GOFLAGS := $(GOFLAGS) -buildvcs=false
export CGO_ENABLED := 1
# Linking DuckDB takes memory and time; two packages at once suit small machines.
TEST_PACKAGES ?= ./...
TEST_PARALLEL ?= 2
TEST_TIMEOUT ?= 15m

.PHONY: help setup build demo test test-kafka bench docs lint clean

help: ## list these commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 16

setup: ## install what is missing on this machine (done by the others, too)
	@./build/setup.sh

build: setup ## build ./bin/freshet
	@echo "build: bin/freshet"
	@mkdir -p bin
	@go build -o bin/freshet ./server/cmd/freshet

demo: build ## build, then tell the whole story with a made-up shop
	@./bin/freshet demo

test: setup ## check format, vet and run every test with the race detector
	@go build -o .cache/testreport ./build/testreport
	@.cache/testreport -format -vet -- go test -race -json -p $(TEST_PARALLEL) -timeout $(TEST_TIMEOUT) $(TEST_PACKAGES)

# The files, packages and names of the tests that want the laboratory; `make test` has run all others.
KAFKA_FILES = $(shell grep -rl --include='*_test.go' --exclude-dir=.cache --exclude-dir=node_modules '^//go:build kafkalab' .)
KAFKA_PACKAGES ?= $(sort $(patsubst %/,%,$(dir $(KAFKA_FILES))))
KAFKA_TESTS ?= $(shell sed -n 's/^func \(Test[A-Za-z0-9]*\)[^A-Za-z0-9].*/\1/p' $(KAFKA_FILES) | sort -u | paste -sd '|' -)

test-kafka: setup ## run the tests with real Kafka, Debezium and PostgreSQL
	@./build/kafkalab/setup.sh
	@go build -o .cache/testreport ./build/testreport
	@.cache/testreport -- go test -tags kafkalab -json -p 1 -timeout $(TEST_TIMEOUT) -run '^($(KAFKA_TESTS))$$' $(KAFKA_PACKAGES)

bench: build ## measure speed and size, write docs/PERFORMANCE.md
	@go run ./build/bench

docs: setup ## write the documents that come from the connectors' Specs
	@go run ./build/docgen

lint: setup ## check format and vet
	@go build -o .cache/testreport ./build/testreport
	@.cache/testreport -format -vet

clean: ## remove what was built; make setup starts anew
	@rm -rf bin .cache build/vendorclients/node_modules build/odcs/packages frontend/node_modules
