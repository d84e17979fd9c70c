# Sourced by the scripts beside it. `apt_install NAME…` is true when the packages could be installed:
# that needs apt-get and the rights of root, its own or through a sudo that asks for no password.

apt_install() {
    command -v apt-get >/dev/null 2>&1 || return 1
    if [ "$(id -u)" -eq 0 ]; then
        as_root=
    elif sudo -n true >/dev/null 2>&1; then
        as_root="sudo -n"
    else
        return 1
    fi
    echo "Installing $* by apt-get"
    # The lists may be old or absent: refresh them first, and let the install itself decide whether that mattered.
    $as_root apt-get update -qq </dev/null >/dev/null 2>&1 || true
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        -o DPkg::Lock::Timeout=300 "$@" </dev/null >/dev/null
}
