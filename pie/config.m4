dnl phpize && ./configure && make && make install, as PIE and pecl do it: cargo builds, make copies.

PHP_ARG_ENABLE([highper],
  [whether to build Highper],
  [AS_HELP_STRING([--enable-highper], [Build Highper (needs cargo and libclang)])],
  [yes])

if test "$PHP_HIGHPER" != "no"; then
  AC_PATH_PROG([CARGO], [cargo], [no], [$PATH:$HOME/.cargo/bin])
  if test "$CARGO" = "no"; then
    AC_MSG_ERROR([cargo is missing: curl --proto =https --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y])
  fi

  dnl Unless it is given a path, configure has only the name; the build wants the path.
  PHP_CONFIG=`command -v "$PHP_CONFIG"`

  AC_MSG_CHECKING([for a PHP that Highper supports])
  if test "$PHP_THREAD_SAFETY" = "yes"; then
    AC_MSG_ERROR([this PHP is thread-safe (ZTS), Highper needs an NTS one])
  fi
  highper_php_vernum=`$PHP_CONFIG --vernum`
  if test "$highper_php_vernum" -lt 80200; then
    AC_MSG_ERROR([PHP 8.2 or newer is needed])
  fi
  AC_MSG_RESULT([yes])

  PHP_SUBST([CARGO])
  PHP_SUBST([PHP_CONFIG])
  dnl Without a source of C there is no other folder to make, and configure complains of that.
  PHP_ADD_BUILD_DIR([modules])
  PHP_MODULES="$PHP_MODULES \$(phplibdir)/highper.la"
  PHP_SUBST([PHP_MODULES])
  PHP_ADD_MAKEFILE_FRAGMENT([$abs_srcdir/Makefile.frag], [$abs_srcdir])
fi
