/* A foreign library: each function makes one libc call through this library's own GOT. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <stdio.h>
#include <unistd.h>

pid_t f_waitpid(pid_t p, int *s, int o) { return waitpid(p, s, o); }
pid_t f_wait(int *s) { return wait(s); }
FILE *f_popen(const char *c, const char *m) { return popen(c, m); }
int f_pclose(FILE *f) { return pclose(f); }
int f_getnameinfo(const struct sockaddr *a, socklen_t l, char *h, socklen_t n, char *s, socklen_t m, int f) { return getnameinfo(a, l, h, n, s, m, f); }
int f_getaddrinfo(const char *n, const char *s, const struct addrinfo *h, struct addrinfo **r) { return getaddrinfo(n, s, h, r); }
int f_gethostbyname_r(const char *n, struct hostent *h, char *b, size_t l, struct hostent **r, int *e) { return gethostbyname_r(n, h, b, l, r, e); }
unsigned f_sleep(unsigned s) { return sleep(s); }
int f_usleep(unsigned us) { return usleep(us); }
int f_nanosleep(const struct timespec *a, struct timespec *b) { return nanosleep(a, b); }
int f_clock_nanosleep(int c, int f, const struct timespec *a, struct timespec *b) { return clock_nanosleep(c, f, a, b); }
int f_poll(struct pollfd *p, unsigned long n, int t) { return poll(p, n, t); }
int f_select(int n, fd_set *r, fd_set *w, fd_set *e, struct timeval *t) { return select(n, r, w, e, t); }
ssize_t f_recv(int fd, void *b, size_t n, int f) { return recv(fd, b, n, f); }
ssize_t f_recvmsg(int fd, struct msghdr *m, int f) { return recvmsg(fd, m, f); }
ssize_t f_send(int fd, const void *b, size_t n, int f) { return send(fd, b, n, f); }
ssize_t f_sendmsg(int fd, const struct msghdr *m, int f) { return sendmsg(fd, m, f); }
ssize_t f_read(int fd, void *b, size_t n) { return read(fd, b, n); }
ssize_t f_write(int fd, const void *b, size_t n) { return write(fd, b, n); }
ssize_t f_readv(int fd, const struct iovec *v, int n) { return readv(fd, v, n); }
ssize_t f_writev(int fd, const struct iovec *v, int n) { return writev(fd, v, n); }
int f_accept(int fd) { return accept(fd, 0, 0); }
int f_accept4(int fd, int flags) { return accept4(fd, 0, 0, flags); }
int f_close(int fd) { return close(fd); }
int f_dup(int fd) { return dup(fd); }
int f_dup2(int a, int b) { return dup2(a, b); }
int f_socket(int d, int t) { return socket(d, t, 0); }
int f_set_nonblock(int fd, int on) {
    int flags = fcntl(fd, F_GETFL);
    return fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK);
}
int f_fionbio(int fd, int on) { return ioctl(fd, FIONBIO, &on); }
int f_rcvtimeo(int fd, int ms) {
    struct timeval t = {ms / 1000, ms % 1000 * 1000};
    return setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
}
int f_connect(int fd, int port) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return connect(fd, (struct sockaddr *)&a, sizeof a);
}
void *f_dlopen(const char *path) { return dlopen(path, RTLD_NOW | RTLD_LOCAL); }
int f_dlclose(void *handle) { return dlclose(handle); }
/* The child closes a descriptor of its own; 0 if it went well. */
int f_vfork_close(int fd) {
    pid_t child = vfork();
    int status = -1;
    if (child == 0) _exit(close(fd) == 0 ? 0 : 1);
    if (child < 0 || waitpid(child, &status, 0) != child) return -1;
    return status;
}
/* The child's exit status is what the callback says. */
int f_fork(int (*in_child)(void)) {
    pid_t child = fork();
    int status = -1;
    if (child == 0) _exit(in_child());
    if (child < 0 || waitpid(child, &status, 0) != child) return -1;
    return status;
}
/* Sizes that the compiler knows of the buffers only: the checked versions are called. */
ssize_t f_fortified_recv(int fd, size_t n, char *out) {
    char buffer[32];
    ssize_t got = recv(fd, buffer, n, 0);
    if (got > 0) memcpy(out, buffer, got);
    return got;
}
ssize_t f_fortified_read(int fd, size_t n, char *out) {
    char buffer[32];
    ssize_t got = read(fd, buffer, n);
    if (got > 0) memcpy(out, buffer, got);
    return got;
}
int f_fortified_poll(int fd, unsigned long n, int t) {
    struct pollfd list[2] = {{.fd = fd, .events = POLLIN}, {.fd = -1}};
    return poll(list, n, t);
}
static ssize_t (*volatile table)(int, void *, size_t, int) = recv;
ssize_t f_recv_by_pointer(int fd, void *b, size_t n, int f) { return table(fd, b, n, f); }
