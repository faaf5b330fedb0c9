# Everything runs inside .venv; a step that is done leaves a stamp and is not repeated.
SHELL := /bin/sh
VENV ?= .venv
STORE ?= var
HOST ?= 127.0.0.1
PORT ?= 7860
SHARED ?= ../shared
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)

BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
DEV := $(VENV)/.dev
MODEL := $(VENV)/.model
SAMPLES := $(wildcard samples/*.docx samples/*.xlsx samples/*.pdf samples/*.html samples/*.txt)
SAMPLES_READ := $(STORE)/.samples
PIP := $(BIN)/python -m pip --disable-pip-version-check install -qq -c constraints.txt

.DEFAULT_GOAL := help
.PHONY: help run serve ask test check lint ruff mypy pytest score bench model llm system clean

help:
	@echo "make run          安装、导入 samples/ 中的示例文档并启动网页（http://$(HOST):$(PORT)）"
	@echo "make ask Q=问题   安装后直接提问，如 make ask Q=玉田舆情管理预算多少"
	@echo "make test         安装测试所需的一切并运行全部检查和测试"
	@echo "make check        ruff、mypy（strict）和测试"
	@echo "make score        用 $(SHARED) 的文档和题集评分"
	@echo "make bench        在两个公开表格数据集上评分"
	@echo "make model        获取默认的向量模型（可选，约 38 MB）"
	@echo "make llm          下载并启动一个本地小语言模型（可选，1.1 GB）"
	@echo "make clean        删除 .venv 和各种缓存（不动 $(STORE)/）"

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "需要 Python 3.11 或更新版本（含 venv），请先安装，或用 make PYTHON=/路径/python3 指定。" >&2; exit 1; }
	@echo "正在建立 $(VENV)（$(PYTHON)）……"
	@$(PYTHON) -m venv $(VENV)

$(INSTALLED): pyproject.toml constraints.txt | $(BIN)/python
	@echo "正在安装依赖，首次需要几分钟……"
	@$(PIP) "pip>=25.1"
	@$(PIP) -e .
	@touch $@

$(DEV): $(INSTALLED)
	@echo "正在安装测试工具……"
	@$(PIP) --group dev
	@touch $@

$(MODEL): $(INSTALLED)
	@$(BIN)/python -m index.model_files --optional
	@touch $@

$(SAMPLES_READ): $(SAMPLES) $(INSTALLED) $(MODEL)
	@$(BIN)/budgetqa ingest samples --store $(STORE)
	@touch $@

run: $(SAMPLES_READ) serve

serve: $(INSTALLED)
	@exec $(BIN)/budgetqa serve --store $(STORE) --host $(HOST) --port $(PORT)

ask: $(SAMPLES_READ)
	@$(BIN)/budgetqa ask "$$Q" --store $(STORE)

model: $(INSTALLED)
	@$(BIN)/python -m index.model_files

llm: $(INSTALLED)
	@$(PIP) -e '.[llm]'
	@$(BIN)/python -m assistant.local_llm

system:
	@.ci/system-packages

ruff: $(DEV)
	$(BIN)/ruff check .

mypy: $(DEV)
	$(BIN)/mypy

lint: ruff mypy

# Tests of one file stay in one process: they share a server or a store.
pytest: $(DEV) $(MODEL) system
	$(BIN)/python -m pytest -q -n 2 --dist loadfile

test: lint pytest

check: lint pytest

score: $(INSTALLED) $(MODEL)
	@set -e; dir=$$(mktemp -d); trap 'rm -rf "$$dir"' EXIT; \
	$(BIN)/budgetqa ingest $(SHARED)/corpus --store "$$dir/store"; \
	for set in $(SHARED)/questions/*.jsonl; do \
	  echo "$$set"; \
	  $(BIN)/budgetqa ask --batch "$$set" --out "$$dir/answers.jsonl" --store "$$dir/store"; \
	  $(BIN)/python $(SHARED)/tools/score.py "$$set" "$$dir/answers.jsonl"; \
	done

bench: $(INSTALLED)
	@$(BIN)/budgetqa eval im-tqa --data $(SHARED)/bench/im-tqa --split dev
	@$(BIN)/budgetqa eval sstqa --data $(SHARED)/bench/sstqa

clean:
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
